"""Write texts backwards through a table, as in `rewritten_reversal`, learned from a small fixed set of pairs.

Isolates what a learner makes of few pairs that it sees again and again. What it writes itself is judged on new sources.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.transduction import Pairs, Spec, Transducer, even, knowing, minibatch, nll, symbols
from toybench.tasks.transduction.rewritten_reversal import BATCH, LENGTH, SYMBOLS, TESTED, pairs, rewrite


class World(NamedTuple):
    """The table int32 [symbol, symbol before], the training set, and the test."""

    table: jax.Array
    train: Pairs
    test: Pairs


class FewPairs(Task):
    """8 symbols and 6 places."""

    train: int = 384  # pairs of the training set

    interface = Transducer
    steps = 300
    checkpoints = 2
    metrics = {
        "token_accuracy": Metric("max", "share of symbols that are right when the learner reads its own"),
        "exact_match": Metric("max", "share of targets that are right as a whole"),
        "test_nll": Metric("min", "-log p of a symbol after the true ones, nats, on new pairs"),
        "train_nll": Metric("info", "the same on the training set"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(source_length=LENGTH, target_length=LENGTH, source_symbols=SYMBOLS, target_symbols=SYMBOLS)

    def sample(self, key: jax.Array) -> World:
        shapes = {"table": (SYMBOLS, SYMBOLS + 1), "train": (self.train, LENGTH), "test": (TESTED, LENGTH)}
        drawn = uniforms(key, **shapes)
        table = symbols(drawn["table"], SYMBOLS)
        return World(table=table, train=pairs(table, drawn["train"]), test=pairs(table, drawn["test"]))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pairs]:
        return world, minibatch(world.train, key, BATCH)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        right = learner.decode(world.test.source) == world.test.target
        return {
            "token_accuracy": right.astype(jnp.float32).mean(),
            "exact_match": right.all(1).astype(jnp.float32).mean(),
            "test_nll": nll(learner, world.test),
            "train_nll": nll(learner, world.train),
        }

    def floor(self, world: World) -> Any:
        """All symbols alike."""
        return even(self.spec)

    def oracle(self, world: World) -> Any:
        """Knows the table."""
        return knowing(lambda source: rewrite(world.table, source))
