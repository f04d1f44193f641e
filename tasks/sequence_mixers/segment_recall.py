"""Say the value of a key, if it was written since the last reset: recall, forgetting, and streams four times as long.

A stream is of three kinds of tokens. A write tells a key and its value; a query tells a key and asks; a reset makes all
of it void. Within a segment a key keeps its value, so that what matters is whether the write is of this segment. With
`rewrite` every write has a value of its own, and the last one counts.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import random
from toybench.blocks.counting import multiplications
from toybench.blocks.streams import Streams, StreamSpec, mean_where
from toybench.tasks.sequence_mixers import Always, StreamLearner, earlier, encode, frequencies, judge, sure

WRITE = 0
QUERY = 1
RESET = 2
KINDS = 3
BATCH_TOKENS = 512  # in a batch, whatever the streams' length
SHORT = 128  # streams for judging at the length of training
LONG = 48  # and at the longer one
ASKED = 0.3  # share of queries


class World(NamedTuple):
    """Streams for judging, as long as in training and longer."""

    short: Streams
    long: Streams


class Lookup(NamedTuple):
    """A table: the value last written to the asked key since the last reset."""

    spec: StreamSpec

    def predict(self, x: jax.Array) -> jax.Array:
        """Reads the tokens [b, t, n] as they are encoded."""
        kinds = self.spec.kinds
        keys = kinds + self.spec.keys
        kind = x[..., :kinds].argmax(-1)
        same = written_before(kind, x[..., kinds:keys].argmax(-1))
        value = at(x[..., keys:].argmax(-1), last(same))
        return sure(jnp.where(same.any(-1), value, self.spec.values), self.spec.classes)


class SegmentRecall(Task):
    """Keys and values are uniform; a key that this segment doesn't hold has a class of its own."""

    keys: int = 8  # keys
    values: int = 8  # values; the class after the last one is that of no value
    reset: float = 0.06  # share of resets, 0 to 0.7
    length: int = 32  # tokens in training
    longer: int = 128  # tokens of the longer streams for judging
    rewrite: bool = False  # whether a key's value changes within a segment

    interface = StreamLearner
    steps = 400
    checkpoints = 2
    metrics = {
        "nll": Metric("min", "cross-entropy of an answer at the length of training, nats"),
        "long_nll": Metric("min", "the same on longer streams, nats"),
        "accuracy": Metric("max", "share of right answers at the length of training"),
        "long_accuracy": Metric("max", "the same on longer streams"),
        "multiplications": Metric("info", "thousands a token of the longer streams, of the program as it is run"),
    }

    @property
    def spec(self) -> StreamSpec:
        return StreamSpec(kinds=KINDS, keys=self.keys, values=self.values, classes=self.values + 1, length=self.length)

    def sample(self, key: jax.Array) -> World:
        short, long = jax.random.split(key)
        return World(
            short=self.streams(short, SHORT, self.length),
            long=self.streams(long, LONG, self.longer),
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Streams]:
        return world, self.streams(key, BATCH_TOKENS // self.length, self.length)

    def streams(self, key: jax.Array, count: int, length: int) -> Streams:
        """So many fresh streams."""
        drawn = random.uniforms(key, kind=(count, length), asked=(count, length), value=(count, length))
        share = drawn["kind"]
        kind = jnp.where(share < self.reset, RESET, jnp.where(share < self.reset + ASKED, QUERY, WRITE))
        asked = jnp.floor(self.keys * drawn["asked"]).astype(jnp.int32)
        same = written_before(kind, asked)
        own = jnp.floor(self.values * drawn["value"]).astype(jnp.int32)
        value = at(own, last(same) if self.rewrite else same.argmax(-1))
        nothing = -1  # encoded as zeros
        return Streams(
            x=encode(
                self.spec,
                kind,
                jnp.where(kind == RESET, nothing, asked),
                jnp.where(kind == WRITE, value, nothing),
            ),
            answer=jnp.where(same.any(-1), value, self.values),
            scored=kind == QUERY,
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        nll, right = judge(learner, world.short)
        long_nll, long_right = judge(learner, world.long)
        count = multiplications(learner.predict, world.long.x[:1])
        return {
            "nll": nll,
            "long_nll": long_nll,
            "accuracy": mean_where(right, world.short.scored),
            "long_accuracy": mean_where(long_right, world.long.scored),
            "multiplications": jnp.float32(count / self.longer / 1000),
        }

    def floor(self, world: World) -> Always:
        """How often each class is the answer on the longer streams."""
        return Always(frequencies(world.long, self.spec.classes))

    def oracle(self, world: World) -> Lookup:
        """The table."""
        return Lookup(self.spec)


def written_before(kind: jax.Array, key: jax.Array) -> jax.Array:
    """bool [b, t, t]: the second token is a write to the first one's key, not after it, in the same segment."""
    segment = jnp.cumsum(kind == RESET, axis=1)
    alike = (key[:, :, None] == key[:, None, :]) & (segment[:, :, None] == segment[:, None, :])
    return alike & (kind == WRITE)[:, None, :] & earlier(kind.shape[1])


def last(same: jax.Array) -> jax.Array:
    """Where the last of the marked tokens [..., t] is; the end where none is marked."""
    return same.shape[-1] - 1 - same[..., ::-1].argmax(-1)


def at(values: jax.Array, place: jax.Array) -> jax.Array:
    """Values [b, t] at places [b, t]."""
    return jnp.take_along_axis(values, place, axis=1)
