"""Rules "a implies b": which of a few conclusions follows from them?

A learner is given rules between literals and four candidates, of which exactly one follows by chains of the rules and
their contrapositives. It answers with a score for each candidate.

A literal is a number: twice its symbol, and one more where it is negated. A rule is a pair of literals.

Shapes: b items, r rules, c candidates, n literals.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks.discrete_graphs import closure


@dataclass(frozen=True)
class RuleSpec:
    """How many symbols, rules and candidates there are."""

    symbols: int
    rules: int
    candidates: int


class Items(NamedTuple):
    """Questions.

    Attributes:
      rules: int32 [b, r, 2].
      candidates: int32 [b, c, 2].
      answer: the one that follows, int32 [b].
    """

    rules: jax.Array
    candidates: jax.Array
    answer: jax.Array


class Reasoner(Protocol):
    """Chooses what follows."""

    def scores(self, state: Any, rules: jax.Array, candidates: jax.Array) -> jax.Array:
        """Scores [b, c] of the candidates int32 [b, c, 2], given rules int32 [b, r, 2]."""


def contrapositive(rules: jax.Array) -> jax.Array:
    """Not b implies not a, [..., 2]: the same rule in its other form."""
    return rules[..., ::-1] ^ 1


def edges(rules: jax.Array, symbols: int) -> jax.Array:
    """float [n, n]: 1 from a literal to what it implies by one of the rules [r, 2] in either form."""
    both = jnp.concatenate([rules, contrapositive(rules)])
    return jnp.zeros((2 * symbols, 2 * symbols)).at[both[:, 0], both[:, 1]].set(1.0)


def follows(rules: jax.Array, candidates: jax.Array, symbols: int) -> jax.Array:
    """bool [c]: which of the candidates follow from the rules [r, 2]."""
    return closure(edges(rules, symbols))[candidates[:, 0], candidates[:, 1]]
