"""Answer a question about two symbols of a text: which one comes first, or which one is more frequent?

Isolates what a learner makes of order. The first question is about order alone: a text with its two symbols exchanged
has the same symbols and the other answer. The second is about counts alone. The test holds every text together with
its exchange, so a learner that is blind to order answers exactly half of the first question right.

With `flip` some training answers are wrong. The loss on new texts is the mean over answers that are wrong as often, so
that it is least for a learner that knows this chance; the accuracy counts right answers.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.errors import UsageError
from toybench.tasks.transduction import WRONG, Pairs, Spec, Transducer, even, knowing, minibatch, nll, symbols

RULES = ("which_first", "more_often")
A = 0
B = 1
SYMBOLS = 4  # the two that count, and two more
BATCH = 16  # pairs a step
TESTED = 256  # texts of the test, and as many with the two symbols exchanged
SHOWN = 256  # pairs on which the training loss is taken, where training pairs are fresh


class World(NamedTuple):
    """The training set (or fresh pairs like it), the test, and the test's sources in another order [b, s]."""

    train: Pairs
    test: Pairs
    shuffled: jax.Array


def one_of_each(uniform: jax.Array, places: jax.Array) -> jax.Array:
    """Sources [b, s] with one A and one B, at the two places with the highest numbers of `places` [b, s]."""
    other = 2 + symbols(uniform, SYMBOLS - 2)
    rank = jnp.argsort(jnp.argsort(-places, axis=1), axis=1)
    return jnp.where(rank == 0, A, jnp.where(rank == 1, B, other)).astype(jnp.int32)


def untied(uniform: jax.Array, coin: jax.Array) -> jax.Array:
    """Sources [b, s] without ties of A and B: a coin's symbol takes the first place without it where there was one."""
    source = symbols(uniform, SYMBOLS)
    winner = jnp.where(coin < 0.5, A, B)[:, None]
    lead = (source == A).sum(1) - (source == B).sum(1)
    first = (source != winner).argmax(1)
    here = jnp.arange(source.shape[1])[None, :] == first[:, None]
    return jnp.where((lead == 0)[:, None] & here, winner, source).astype(jnp.int32)


def answer(rule: str, source: jax.Array) -> jax.Array:
    """int32 [b, 1]: 1 where A comes first, or is more frequent."""
    if rule == "which_first":
        yes = (source == A).argmax(1) < (source == B).argmax(1)
    else:
        yes = (source == A).sum(1) > (source == B).sum(1)
    return yes.astype(jnp.int32)[:, None]


def exchange(source: jax.Array) -> jax.Array:
    """Sources with A in the place of B, and B in that of A."""
    return jnp.where(source == A, B, jnp.where(source == B, A, source)).astype(jnp.int32)


class TwoSymbols(Task):
    """Two of four symbols count; the answer is one of two symbols."""

    rule: str = "which_first"  # or more_often
    length: int = 8  # places of a text
    train: int = 0  # texts of the training set; 0: fresh ones at every step
    flip: float = 0.0  # chance of a training answer to be wrong

    interface = Transducer
    steps = 200
    checkpoints = 2
    metrics = {
        "test_nll": Metric("min", "-log p of an answer, wrong with the chance of training, nats, on new texts"),
        "accuracy": Metric("max", "share of right answers"),
        "train_nll": Metric("info", "-log p of the training answers, nats"),
        "shuffle_change": Metric("info", "mean change of log p, nats, when the source's places are shuffled"),
    }

    @property
    def spec(self) -> Spec:
        if self.rule not in RULES:
            raise UsageError(f"two_symbols has no rule '{self.rule}'; use {' or '.join(RULES)}.")
        return Spec(source_length=self.length, target_length=1, source_symbols=SYMBOLS, target_symbols=2)

    def texts(self, uniform: jax.Array, places: jax.Array) -> jax.Array:
        """Sources of uniform numbers [b, s] twice."""
        if self.rule == "which_first":
            return one_of_each(uniform, places)
        return untied(uniform, places[:, 0])

    def pairs(self, uniform: jax.Array, places: jax.Array, flipped: jax.Array) -> Pairs:
        """Sources with answers, of which some are wrong."""
        source = self.texts(uniform, places)
        right = answer(self.rule, source)
        wrong = (flipped < self.flip)[:, None]
        return Pairs(source=source, target=jnp.where(wrong, 1 - right, right))

    def sample(self, key: jax.Array) -> World:
        count = self.train or SHOWN
        train = (count, self.length)
        test = (TESTED, self.length)
        both = (2 * TESTED, self.length)
        drawn = uniforms(key, train=train, places=train, flip=(count,), test=test, tests=test, order=both)
        half = self.texts(drawn["test"], drawn["tests"])
        source = jnp.concatenate([half, exchange(half)])
        return World(
            train=self.pairs(drawn["train"], drawn["places"], drawn["flip"]),
            test=Pairs(source=source, target=answer(self.rule, source)),
            shuffled=jnp.take_along_axis(source, jnp.argsort(drawn["order"], axis=1), axis=1),
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pairs]:
        if self.train:
            return world, minibatch(world.train, key, BATCH)
        shape = (BATCH, self.length)
        drawn = uniforms(key, source=shape, places=shape, flip=(BATCH,))
        return world, self.pairs(drawn["source"], drawn["places"], drawn["flip"])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        right = learner.decode(world.test.source) == world.test.target
        before = learner.log_prob(world.test.source, world.test.target)
        after = learner.log_prob(world.shuffled, world.test.target)
        other = learner.log_prob(world.test.source, 1 - world.test.target)
        return {
            "test_nll": -((1 - self.flip) * before + self.flip * other).mean(),
            "accuracy": right.astype(jnp.float32).mean(),
            "train_nll": nll(learner, world.train),
            "shuffle_change": jnp.abs(after - before).mean(),
        }

    def floor(self, world: World) -> Any:
        """Both answers alike; it says no."""
        return even(self.spec)

    def oracle(self, world: World) -> Any:
        """Knows the rule, and how often answers are wrong."""
        right = jnp.log1p(-self.flip)
        wrong = jnp.maximum(jnp.log(self.flip), WRONG)
        return knowing(lambda source: answer(self.rule, source), right=right, wrong=wrong)
