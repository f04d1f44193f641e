"""Reach any state from any other, and foresee where a policy leads, from short recorded pieces of trajectories.

A learner answers one of two questions. `GoalReacher`: which action for every state and goal. `Forecaster`: the
discounted law of the states that follow each state and action under the policy that made the data.

All pieces are public constants (`given`), and a batch is some of them; what is made of them, goals above all, is the
method's business. No method sees the maze, its distances or the policy.
Shapes: S states, G goals (all states), A actions, n pieces, b pieces of a batch, L moves of a piece.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


class GoalReacher(Protocol):
    """Acts towards goals."""

    def goal_policy(self, state: Any) -> jax.Array:
        """Preferences [S, G, A] for actions; the first of the highest is taken."""


class Forecaster(Protocol):
    """Foresees states."""

    def occupancy(self, state: Any) -> jax.Array:
        """Chances [S, A, S] of the states to come: (1 - discount) sum_t discount^t P(s_{t+1} | s, a)."""


@dataclass(frozen=True)
class Spec:
    """What a learner may know.

    Attributes:
      side: cells a side of the square grid; a state is row * side + column.
      pieces, length: pieces in the data, moves of each.
      discount: of the task.
      batch: pieces a step.
    """

    side: int
    actions: int
    pieces: int
    length: int
    discount: float
    batch: int

    @property
    def states(self) -> int:
        """Number of cells."""
        return self.side**2


class Pieces(NamedTuple):
    """States s int32 [n, L + 1] and actions a int32 [n, L]."""

    s: jax.Array
    a: jax.Array


def some_pieces(pieces: Pieces, key: jax.Array, count: int) -> Pieces:
    """As many pieces, drawn with replacement."""
    row = jax.random.randint(key, (count,), 0, len(pieces.s))
    return Pieces(s=pieces.s[row], a=pieces.a[row])


def whole_numbers(uniform: jax.Array, count: jax.Array | int) -> jax.Array:
    """Numbers int32 of 0, .., count - 1, each as likely, from uniform ones in [0, 1)."""
    return jnp.minimum((uniform * jnp.float32(count)).astype(jnp.int32), count - 1)
