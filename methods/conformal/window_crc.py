"""Conformal risk control on the last few points alone.

**Source**: the sliding window, a standard remedy against drift, with the threshold of Angelopoulos, Bates, Fisch, Lei
and Schuster, "Conformal Risk Control", 2022, https://arxiv.org/abs/2208.02814.

    lambda^ = inf { lambda : (sum_{i > n-m} L_i(lambda) + B) / (min(n, m) + 1) <= alpha }

**Differs from the paper**: 1. older points are dropped.

**Shapes**: r replicates, n points, m window, g sizes on the grid.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.conformal._risk import TIE, SummedLosses
from toybench.tasks.conformal._risk import Losses


class State(NamedTuple):
    """The last losses, in a ring [m, r, g]; their sum [r, g]; points so far []."""

    ring: jax.Array
    total: jax.Array
    seen: jax.Array


class WindowCRC(SummedLosses):
    """With a window as long as the stream it is conformal risk control."""

    window: int = 100  # m, points

    space = {"window": (50, 100, 200)}

    def init(self, key: jax.Array) -> State:
        table = jnp.zeros((self.spec.replicates, self.spec.grid))
        return State(jnp.zeros((self.window, *table.shape)), table, jnp.zeros((), jnp.int32))

    def push(self, s: State, loss: jax.Array) -> tuple[State, None]:
        """One point, losses [r, g], in the place of the oldest."""
        at = s.seen % self.window
        return State(s.ring.at[at].set(loss), s.total + loss - s.ring[at], s.seen + 1), None

    def update(self, state: State, batch: Losses, key: jax.Array) -> State:
        return jax.lax.scan(self.push, state, jnp.moveaxis(batch.loss, 1, 0))[0]

    def feasible(self, state: State) -> jax.Array:
        kept = jnp.minimum(state.seen, self.window).astype(jnp.float32)
        return state.total + 1.0 <= self.given * (kept + 1.0) + TIE
