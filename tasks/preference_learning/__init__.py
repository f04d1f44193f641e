"""Learn how to act from which of two short segments of behaviour is preferred.

A learner answers one question, `Actor`: how to act in each state. Preferences come from a known law: by the summed
optimal advantages of a segment (regret), or by its summed rewards. A learner sees how often the segments of a pair do
each action in each state, the labels, and the moves of the world, but neither rewards nor advantages.

Shapes: S states, A actions, n pairs of segments, L moves of a segment.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


class Actor(Protocol):
    """Acts in a known world whose rewards are not told."""

    def policy(self, state: Any) -> jax.Array:
        """Chances [S, A] of the actions."""


@dataclass(frozen=True)
class Spec:
    """Sizes, and the discount of the rewards."""

    states: int
    actions: int
    discount: float


class Segments(NamedTuple):
    """Pairs of segments: states s and actions a int32 [n, 2, L]; `going` [n, 2, L] is 0 after the end was reached."""

    s: jax.Array
    a: jax.Array
    going: jax.Array


class Preferences(NamedTuple):
    """What is given.

    Attributes:
      visits: how often the first segment of a pair does each action in each state, less the second, [n, S, A]; moves
        after the end count for nothing.
      label: 1 where the first of a pair is preferred, 0 where the second is, 1/2 where neither is, [n].
      transitions: chances of the next state [S, A, S]; rows of the end are 0, as nothing comes after it.
    """

    visits: jax.Array
    label: jax.Array
    transitions: jax.Array
