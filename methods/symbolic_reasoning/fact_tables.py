"""Both tables, filled in from what was seen: what a learner knows that is taught the symbol in the middle.

**Source**: none, a look-up in two tables; what a chain of thought can be at best.

    b = f1[x1, x2] if a triple with this fragment was seen,  t = f2[b, x3] if one with this b and x3 was

**Differs from the paper**: 1. it is our reference.

**Shapes**: b triples, N seen ones, n symbols.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.symbolic_reasoning import Triples

LITTLE = 1e-4  # of a fact: for the commonest answer, where facts lack


class State(NamedTuple):
    """Seen entries of f1 [n, n, n] and f2 [n, n, n], one-hot or nothing; and all answers [n]."""

    first: jax.Array
    second: jax.Array
    answers: jax.Array


def seen_facts(triples: Triples, seen: jax.Array, symbols: int) -> tuple[jax.Array, jax.Array]:
    """Entries [n, n, n] of both tables that the triples with seen [N] show."""
    empty = jnp.zeros((symbols, symbols, symbols))
    first = empty.at[triples.x[:, 0], triples.x[:, 1], triples.middle].max(seen)
    second = empty.at[triples.middle, triples.x[:, 2], triples.target].max(seen)
    return first, second


class FactTables(Method):
    """It makes no mistake where it knows both facts."""

    deterministic = True

    def init(self, key: jax.Array) -> State | tuple:
        if not isinstance(self.given, Triples):
            return ()
        symbols = self.spec.symbols
        first, second = seen_facts(self.given, jnp.ones(len(self.given.x)), symbols)
        return State(first=first, second=second, answers=jax.nn.one_hot(self.given.target, symbols).sum(0))

    def answer(self, state: State, x: jax.Array) -> jax.Array:
        middle = state.first[x[:, 0], x[:, 1]]
        after = state.second[:, x[:, 2]]  # [middle, b, n]
        return jnp.einsum("bm,mbt->bt", middle, after) + LITTLE * state.answers[None, :]

    def follows(self, state: tuple, triples: Triples, seen: jax.Array) -> jax.Array:
        first, second = seen_facts(triples, seen, self.spec.symbols)
        known = first[triples.x[:, 0], triples.x[:, 1], triples.middle] > 0
        return known & (second[triples.middle, triples.x[:, 2], triples.target] > 0)
