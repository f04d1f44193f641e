"""Pick up the labels of five unknown classes on the fly, and again when they are exchanged half way.

A token is a noisy point of a class of this stream. Most tell their label; the others ask for it. At half the stream the
labels are permuted, and nothing tells so but the labels themselves.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import random
from toybench.blocks.counting import multiplications
from toybench.blocks.streams import Streams, StreamSpec, mean_where
from toybench.tasks.sequence_mixers import SURE, Always, Known, StreamLearner, earlier, frequencies, judge, sure

BATCH = 8
JUDGED = 256  # streams for judging
BLANK = 0.3  # share of tokens without a label: those are asked
LATE = 10  # tokens at the end that show what was picked up after the change


class World(NamedTuple):
    """Streams for judging, and the class of each of their tokens, int32 [b, t]."""

    test: Streams
    kind: jax.Array


class ReboundLabels(Task):
    """Prototypes and noise are normal with variance 1 / dims, so that both are about 1 long."""

    classes: int = 5  # classes of a stream, and labels
    dims: int = 16  # numbers of a point
    length: int = 40  # tokens; labels are exchanged at half of them

    interface = StreamLearner
    steps = 1000
    checkpoints = 2
    metrics = {
        "accuracy_after": Metric("max", "share of right labels among the last 10 tokens, after the exchange"),
        "accuracy_before": Metric("max", "the same among the last 10 tokens before the exchange"),
        "nll": Metric("min", "cross-entropy of a label anywhere, nats"),
        "multiplications": Metric("info", "thousands a token, of the program as it is run"),
    }

    @property
    def spec(self) -> StreamSpec:
        return StreamSpec(kinds=0, keys=self.dims, values=self.classes, classes=self.classes, length=self.length)

    def sample(self, key: jax.Array) -> World:
        test, kind = self.streams(key, JUDGED)
        return World(test=test, kind=kind)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Streams]:
        return world, self.streams(key, BATCH)[0]

    def streams(self, key: jax.Array, count: int) -> tuple[Streams, jax.Array]:
        """(so many fresh streams, the class of each token [b, t])."""
        drawn = random.normals(
            key,
            prototype=(count, self.classes, self.dims),
            noise=(count, self.length, self.dims),
            kind=(count, self.length, self.classes),
            names=(count, 2, self.classes),
            shown=(count, self.length),
        )
        kind = drawn["kind"].argmax(-1)
        own = jax.nn.one_hot(kind, self.classes)
        point = jnp.einsum("btk,bkd->btd", own, drawn["prototype"]) + drawn["noise"]
        names = jnp.argsort(drawn["names"], axis=-1)  # [b, 2, k]: of the classes, before and after
        before = jnp.arange(self.length)[None] < self.length // 2
        label = jnp.where(
            before, jnp.take_along_axis(names[:, 0], kind, axis=1), jnp.take_along_axis(names[:, 1], kind, axis=1)
        )
        blank = jax.scipy.stats.norm.cdf(drawn["shown"]) < BLANK
        told = jax.nn.one_hot(label, self.classes) * (~blank)[..., None].astype(point.dtype)
        x = jnp.concatenate([point / self.dims**0.5, told], axis=-1)
        return Streams(x=x, answer=label, scored=blank), kind

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        nll, right = judge(learner, world.test)
        place = jnp.arange(self.length)[None]
        half = self.length // 2
        count = multiplications(learner.predict, world.test.x[:1])
        return {
            "accuracy_after": mean_where(right, world.test.scored & (place >= self.length - LATE)),
            "accuracy_before": mean_where(right, world.test.scored & (place >= half - LATE) & (place < half)),
            "nll": nll,
            "multiplications": jnp.float32(count / self.length / 1000),
        }

    def floor(self, world: World) -> Always:
        """How often each label is the answer."""
        return Always(frequencies(world.test, self.classes))

    def oracle(self, world: World) -> Known:
        """Knows every token's class and when labels change, and says a label once its class has shown it.

        Before that it says one of the labels that no class has shown. No learner can know the classes, so that its
        score is a bound, not an aim.
        """
        later = jnp.arange(self.length) >= self.length // 2
        told = earlier(self.length) & (later[:, None] == later[None])[None] & ~world.test.scored[:, None, :]
        seen = (told & (world.kind[:, :, None] == world.kind[:, None, :])).any(-1)
        labels = jax.nn.one_hot(world.test.answer, self.classes)
        free = jnp.einsum("bij,bjc->bic", told.astype(labels.dtype), labels) == 0
        guess = SURE * free.astype(labels.dtype)
        return Known(jnp.where(seen[..., None], sure(world.test.answer, self.classes), guess))
