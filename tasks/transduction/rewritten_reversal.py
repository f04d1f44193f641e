"""Write a text backwards, each symbol rewritten by a table that also reads the symbol before it.

Isolates two parts of a translator: which place to read, and what to write. The table [symbol, symbol before it] is
random and differs between worlds; the first symbol of a source has a row of its own. Symbols are uniform.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.transduction import Pairs, Spec, Transducer, even, knowing, nll, symbols

SYMBOLS = 8
LENGTH = 6
BATCH = 32  # pairs a step
TESTED = 128  # pairs of the test


class World(NamedTuple):
    """The table int32 [symbol, symbol before], and the test."""

    table: jax.Array
    test: Pairs


def rewrite(table: jax.Array, source: jax.Array) -> jax.Array:
    """Targets int32 [b, t] of sources [b, s]."""
    first = jnp.full((len(source), 1), SYMBOLS, jnp.int32)
    before = jnp.concatenate([first, source[:, :-1]], axis=1)
    return table[source, before][:, ::-1]


def pairs(table: jax.Array, uniform: jax.Array) -> Pairs:
    """Sources of uniform numbers [b, s], with their targets."""
    source = symbols(uniform, SYMBOLS)
    return Pairs(source=source, target=rewrite(table, source))


class RewrittenReversal(Task):
    """8 symbols and 6 places."""

    interface = Transducer
    steps = 250
    checkpoints = 2
    metrics = {
        "token_accuracy": Metric("max", "share of symbols that are right when the learner reads its own"),
        "exact_match": Metric("max", "share of targets that are right as a whole"),
        "test_nll": Metric("min", "-log p of a symbol after the true ones, nats"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(source_length=LENGTH, target_length=LENGTH, source_symbols=SYMBOLS, target_symbols=SYMBOLS)

    def sample(self, key: jax.Array) -> World:
        drawn = uniforms(key, table=(SYMBOLS, SYMBOLS + 1), test=(TESTED, LENGTH))
        table = symbols(drawn["table"], SYMBOLS)
        return World(table=table, test=pairs(table, drawn["test"]))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pairs]:
        return world, pairs(world.table, uniforms(key, source=(BATCH, LENGTH))["source"])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        right = learner.decode(world.test.source) == world.test.target
        return {
            "token_accuracy": right.astype(jnp.float32).mean(),
            "exact_match": right.all(1).astype(jnp.float32).mean(),
            "test_nll": nll(learner, world.test),
        }

    def floor(self, world: World) -> Any:
        """All symbols alike."""
        return even(self.spec)

    def oracle(self, world: World) -> Any:
        """Knows the table."""
        return knowing(lambda source: rewrite(world.table, source))
