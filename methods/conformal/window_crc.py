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

from toybench import Method
from toybench.methods.conformal._risk import TIE, first
from toybench.tasks.conformal._risk import Losses


class State(NamedTuple):
    """The last losses, in a ring [m, r, g]; their sum [r, g]; points so far []."""

    ring: jax.Array
    total: jax.Array
    seen: jax.Array


class WindowCRC(Method):
    """With a window as long as the stream it is conformal risk control."""

    window: int = 100  # m, points

    deterministic = True
    space = {"window": (25, 35, 50, 70, 85, 100, 125, 150, 200, 250, 300, 400)}

    def init(self, key: jax.Array) -> State:
        table = jnp.zeros((self.spec.replicates, self.spec.grid))
        ring = jnp.zeros((self.window, *table.shape))
        return State(ring=ring, total=table, seen=jnp.zeros((), jnp.int32))

    def push(self, state: State, loss: jax.Array) -> tuple[State, None]:
        """One point, losses [r, g], in the place of the oldest."""
        at = state.seen % self.window
        total = state.total + loss - state.ring[at]
        return State(ring=state.ring.at[at].set(loss), total=total, seen=state.seen + 1), None

    def update(self, state: State, batch: Losses, key: jax.Array) -> State:
        return jax.lax.scan(self.push, state, jnp.moveaxis(batch.loss, 1, 0))[0]

    def size_index(self, state: State) -> jax.Array:
        bound = 1.0  # B, the largest loss
        kept = jnp.minimum(state.seen, self.window).astype(jnp.float32)
        return first(state.total + bound <= self.given * (kept + 1) + TIE)
