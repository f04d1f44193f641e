"""Add four of ten symbols modulo three: does an easier sum at the same positions show a network where to look?

Isolates the search for the support. Strings are uniform over three symbols; the label is the sum modulo 3 of those at
four positions, drawn in each world. 1,024 strings for training and for judging each. As many easy strings of zeros
and ones come with them, labelled modulo 2 at the same positions, and, for a control, at four other ones.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import random
from toybench.tasks.boolean_functions import Strings, SumLearner, SumSpec

STRINGS = 1024  # of each kind
SOLVED = 0.9  # accuracy from which on the sum counts as found


class World(NamedTuple):
    """Strings for training; those for judging [n, t], their labels [n]; which positions count, float [t]."""

    train: Strings
    tokens: jax.Array
    labels: jax.Array
    support: jax.Array


class Known(NamedTuple):
    """A reference that knows its answers to the strings for judging: scores [n, modulus] and weights [n, t]."""

    answers: jax.Array
    weights: jax.Array

    def scores(self, tokens: jax.Array) -> jax.Array:
        """What it knows: it is asked about these strings only."""
        return self.answers

    def attention(self, tokens: jax.Array) -> jax.Array:
        """What it knows: it is asked about these strings only."""
        return self.weights


class SparseSum(Task):
    """Symbols 0, 1, 2 and as many labels."""

    positions: int = 10  # of a string
    support: int = 4  # positions that count
    modulus: int = 3  # symbols, and labels

    interface = SumLearner
    steps = 1500
    metrics = {
        "test_accuracy": Metric("max", "share of new strings whose label is right"),
        "support_mass": Metric("max", "weight on the positions that count, mean over new strings"),
        "solved": Metric("info", "1 where the accuracy is above 0.9"),
    }

    @property
    def spec(self) -> SumSpec:
        return SumSpec(positions=self.positions, support=self.support, modulus=self.modulus)

    def sample(self, key: jax.Array) -> World:
        shape = (STRINGS, self.positions)
        drawn = random.uniforms(key, train=shape, test=shape, easy=shape, place=(self.positions,))
        rank = jnp.argsort(jnp.argsort(drawn["place"]))
        support = (rank < self.support).astype(jnp.int32)
        other = ((rank >= self.support) & (rank < 2 * self.support)).astype(jnp.int32)
        train = symbols(drawn["train"], self.modulus)
        test = symbols(drawn["test"], self.modulus)
        easy = symbols(drawn["easy"], 2)
        return World(
            train=Strings(
                tokens=train,
                labels=(train @ support) % self.modulus,
                easy=easy,
                easy_labels=(easy @ support) % 2,
                other_labels=(easy @ other) % 2,
            ),
            tokens=test,
            labels=(test @ support) % self.modulus,
            support=support.astype(jnp.float32),
        )

    def given(self, world: World) -> Strings:
        return world.train

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        right = learner.scores(world.tokens).argmax(1) == world.labels
        accuracy = right.astype(jnp.float32).mean()
        mass = learner.attention(world.tokens) @ world.support
        return {
            "test_accuracy": accuracy,
            "support_mass": mass.mean(),
            "solved": (accuracy > SOLVED).astype(jnp.float32),
        }

    def floor(self, world: World) -> Known:
        """The same label always, and the same weight on all positions."""
        return self.known(jnp.zeros_like(world.labels), jnp.ones(self.positions))

    def oracle(self, world: World) -> Known:
        """The labels, and equal weights on the positions that count."""
        return self.known(world.labels, world.support)

    def known(self, labels: jax.Array, weights: jax.Array) -> Known:
        """A reference with these labels [n] and weights [t], which need not sum to 1."""
        shares = jnp.broadcast_to(weights / weights.sum(), (len(labels), self.positions))
        return Known(answers=jax.nn.one_hot(labels, self.modulus), weights=shares)


def symbols(uniform: jax.Array, count: int) -> jax.Array:
    """Symbols from 0 to count - 1, int32, of uniform numbers in [0, 1)."""
    return jnp.minimum(jnp.floor(uniform * count).astype(jnp.int32), count - 1)
