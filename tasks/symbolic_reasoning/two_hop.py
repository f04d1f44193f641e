"""New triples of two composed tables: does a learner answer those that are covered, and only those?

Isolates what follows by exchanging fragments that do the same. Eight symbols make 512 triples, of which some are for
training and the others for judging. About seven tenths of the new ones are covered at 205, and 0.15 at 128. Every
batch is all of the training triples, with the symbol in the middle for learners that are taught it.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import random
from toybench.tasks.symbolic_reasoning import EVIDENCE, Reasoner, TableSpec, Triples, all_triples, covered, mean_over


class World(NamedTuple):
    """Triples for training and for judging.

    Attributes:
      covered: which of the latter are covered, bool.
      well: which still are if links need evidence of one more context, bool.
    """

    train: Triples
    test: Triples
    covered: jax.Array
    well: jax.Array


class Known(NamedTuple):
    """A reference with a table of scores [n, n, n, n]."""

    table: jax.Array

    def answer(self, x: jax.Array) -> jax.Array:
        """Reads the table."""
        return self.table[x[:, 0], x[:, 1], x[:, 2]]


class TwoHop(Task):
    """Random tables in every world."""

    seen: int = 205  # triples for training
    symbols: int = 8  # of an alphabet for all three places

    interface = Reasoner
    steps = 2400
    checkpoints = 1
    metrics = {
        "accuracy": Metric("max", "share of new triples that are answered"),
        "covered_accuracy": Metric("max", "the same of those covered"),
        "uncovered_accuracy": Metric("max", "the same of those not covered"),
        "coverage_gap": Metric("info", "covered_accuracy - uncovered_accuracy"),
        "evidence_gain": Metric("info", "accuracy of well covered triples - of barely covered ones; 0 without any"),
        "coverage": Metric("info", "share of new triples that are covered"),
        "train_accuracy": Metric("info", "share of training triples that are answered"),
    }

    @property
    def spec(self) -> TableSpec:
        return TableSpec(symbols=self.symbols)

    def sample(self, key: jax.Array) -> World:
        n = self.symbols
        drawn = random.uniforms(key, first=(n, n), second=(n, n), order=(n**3,))
        triples = all_triples(drawn, n)
        shown = (jnp.arange(n**3) < self.seen).astype(jnp.float32)
        return World(
            train=jax.tree.map(lambda leaf: leaf[: self.seen], triples),
            test=jax.tree.map(lambda leaf: leaf[self.seen :], triples),
            covered=covered(triples, shown, n, EVIDENCE)[self.seen :],
            well=covered(triples, shown, n, EVIDENCE + 1)[self.seen :],
        )

    def given(self, world: World) -> Triples:
        return world.train

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Triples]:
        return world, world.train

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        right = learner.answer(world.test.x).argmax(1) == world.test.target
        known = learner.answer(world.train.x).argmax(1) == world.train.target
        inside = mean_over(right, world.covered)
        outside = mean_over(right, ~world.covered)
        barely = world.covered & ~world.well
        both = world.well.any() & barely.any()
        return {
            "accuracy": right.astype(jnp.float32).mean(),
            "covered_accuracy": inside,
            "uncovered_accuracy": outside,
            "coverage_gap": inside - outside,
            "evidence_gain": jnp.where(both, mean_over(right, world.well) - mean_over(right, barely), 0.0),
            "coverage": world.covered.astype(jnp.float32).mean(),
            "train_accuracy": known.astype(jnp.float32).mean(),
        }

    def floor(self, world: World) -> Known:
        """The commonest answer."""
        counts = jax.nn.one_hot(world.train.target, self.symbols).sum(0)
        return Known(jnp.broadcast_to(counts, (self.symbols,) * 4))

    def oracle(self, world: World) -> Known:
        """Knows the answers."""
        empty = jnp.zeros((self.symbols,) * 4)
        both = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), world.train, world.test)
        return Known(empty.at[both.x[:, 0], both.x[:, 1], both.x[:, 2], both.target].set(1.0))
