"""Edit an individual's path so that it reaches a goal and is still a path that this individual would take.

A learner answers one question, `Adviser`: which moves the individual should have made. It is told the individual's
policy, the path that was taken, where it began and the goal. The moves of the world are given. A path reaches the goal
if it ends there; it has as many moves as the original.

Shapes: S cells, A moves, H moves of a path, n and m lengths of two sequences.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


class Case(NamedTuple):
    """An individual and its path.

    Attributes:
      policy: chances of its moves, [H, S, A].
      start: the cell where it began, int32 [].
      original: the moves that it made, int32 [H].
      goal: the cell where it should have ended, int32 [].
    """

    policy: jax.Array
    start: jax.Array
    original: jax.Array
    goal: jax.Array


class Adviser(Protocol):
    """Proposes another path."""

    def path(self, state: Any, case: Case, key: jax.Array) -> jax.Array:
        """The moves to make instead, int32 [H]."""


@dataclass(frozen=True)
class Spec:
    """Sizes: cells, moves to choose from, moves of a path. The next cells int32 [S, A] are given."""

    cells: int
    moves: int
    length: int


def walk(following: jax.Array, start: jax.Array, moves: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The cell before each of the moves [H], and the cell after it, int32 [H] both."""

    def step(here: jax.Array, move: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        there = following[here, move]
        return there, (here, there)

    return jax.lax.scan(step, start, moves)[1]


def log_likelihood(policy: jax.Array, before: jax.Array, moves: jax.Array) -> jax.Array:
    """Log chance [] of the moves [H], made in the cells `before` [H], under a policy [H, S, A]."""
    return jnp.log(policy[jnp.arange(len(moves)), before, moves]).sum()


def edit_distance(first: jax.Array, second: jax.Array) -> jax.Array:
    """Levenshtein distance [] of int sequences [n] and [m]: least insertions, deletions and substitutions."""
    place = jnp.arange(len(second) + 1, dtype=jnp.float32)

    def row(above: jax.Array, item: jax.Array) -> tuple[jax.Array, None]:
        differs = (second != item).astype(jnp.float32)
        without_insertions = jnp.minimum(above + 1, jnp.append(jnp.inf, above[:-1] + differs))
        return place + jax.lax.cummin(without_insertions - place), None

    return jax.lax.scan(row, place, first)[0][-1]
