"""Learn from recorded episodes what comes next, what was done, and what to do: one network for all, or one for each.

A learner answers three questions about short windows of an episode. `forward`: where does the last action lead?
`inverse`: which action led from the last state but one to the last? `act`: what is to be done now, so that the rest of
the episode is as good as it was in the best one recorded? It is shown random windows of the recorded episodes and
nothing else, and says for which of these questions it was trained.

Shapes: n windows, l states of a window. A state has four numbers, the place and the last move; an action has two, a
return to go one.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


@dataclass(frozen=True)
class Spec:
    """States of a window, and windows of a batch."""

    window: int
    batch: int


class Tokens(NamedTuple):
    """Something for every state, action and return to go of windows: [n, l, ...] each.

    In data these are states [n, l, 4], the actions from there [n, l, 2], and the mean reward from there to the end of
    the episode [n, l, 1]; in masks they are bool [n, l], true for what is shown.
    """

    x: jax.Array
    u: jax.Array
    g: jax.Array


class Known(NamedTuple):
    """Public constants: mean and standard deviation of the recorded tokens."""

    mean: Tokens
    std: Tokens


class History(NamedTuple):
    """Windows [n, l, ...] of the episodes played: states 0 to `at`, int32 [], and actions before it are real.

    `g` [n, l, 1] is the wish: what the best recorded episode had to go at these steps.
    """

    x: jax.Array
    u: jax.Array
    g: jax.Array
    at: jax.Array


class Trajectorist(Protocol):
    """Answers three questions about windows."""

    def purpose(self, state: Any) -> jax.Array:
        """1 for each of `forward`, `inverse` and `act` that it is trained for, else 0: [3]."""

    def forward(self, state: Any, x: jax.Array, u: jax.Array) -> jax.Array:
        """The state after states [n, l - 1, 4], of which the last is left by the action [n, 2]: [n, 4]."""

    def inverse(self, state: Any, x: jax.Array) -> jax.Array:
        """The action that led from the last state but one to the last, of states [n, l, 4]: [n, 2]."""

    def act(self, state: Any, history: History) -> jax.Array:
        """What to do in the state `history.at`: [n, 2]."""
