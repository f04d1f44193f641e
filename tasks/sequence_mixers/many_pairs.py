"""Say the value of a key among two dozen or more, each written once: how many pairs does a memory hold?

Nothing is ever void, and no key has two values: forgetting can only hurt. 24 keys are fewer than the 32 features of two
heads together, 40 are more.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import random
from toybench.blocks.counting import multiplications
from toybench.blocks.streams import Streams, StreamSpec, mean_where
from toybench.tasks.sequence_mixers import Always, Known, StreamLearner, encode, frequencies, judge, sure

KINDS = 2  # a write, a query
BATCH = 16
JUDGED = 128  # streams for judging


class World(NamedTuple):
    """Streams for judging."""

    test: Streams


class ManyPairs(Task):
    """Keys in random order, uniform values, then queries of keys drawn with return."""

    pairs: int = 24  # keys, written once each
    values: int = 8  # values, and classes
    queries: int = 8  # tokens that ask, at the end

    interface = StreamLearner
    steps = 400
    checkpoints = 2
    metrics = {
        "accuracy": Metric("max", "share of right answers"),
        "nll": Metric("min", "cross-entropy of an answer, nats"),
        "multiplications": Metric("info", "thousands a token, of the program as it is run"),
    }

    @property
    def length(self) -> int:
        """Tokens of a stream."""
        return self.pairs + self.queries

    @property
    def spec(self) -> StreamSpec:
        return StreamSpec(kinds=KINDS, keys=self.pairs, values=self.values, classes=self.values, length=self.length)

    def sample(self, key: jax.Array) -> World:
        return World(test=self.streams(key, JUDGED))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Streams]:
        return world, self.streams(key, BATCH)

    def streams(self, key: jax.Array, count: int) -> Streams:
        """So many fresh streams."""
        drawn = random.uniforms(
            key,
            order=(count, self.pairs),
            value=(count, self.pairs),
            asked=(count, self.queries),
        )
        order = jnp.argsort(drawn["order"], axis=1)
        value = jnp.floor(self.values * drawn["value"]).astype(jnp.int32)  # of the tokens in their order
        place = jnp.floor(self.pairs * drawn["asked"]).astype(jnp.int32)
        nothing = jnp.full_like(place, -1)  # encoded as zeros
        scored = jnp.broadcast_to(jnp.arange(self.length) >= self.pairs, (count, self.length))
        told = jnp.concatenate([value, nothing], axis=1)
        shown = jnp.concatenate([order, jnp.take_along_axis(order, place, axis=1)], axis=1)
        return Streams(
            x=encode(self.spec, scored.astype(jnp.int32), shown, told),
            answer=jnp.concatenate([value, jnp.take_along_axis(value, place, axis=1)], axis=1),
            scored=scored,
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        nll, right = judge(learner, world.test)
        count = multiplications(learner.predict, world.test.x[:1])
        return {
            "accuracy": mean_where(right, world.test.scored),
            "nll": nll,
            "multiplications": jnp.float32(count / self.length / 1000),
        }

    def floor(self, world: World) -> Always:
        """How often each value is the answer."""
        return Always(frequencies(world.test, self.values))

    def oracle(self, world: World) -> Known:
        """The values themselves."""
        return Known(sure(world.test.answer, self.values))
