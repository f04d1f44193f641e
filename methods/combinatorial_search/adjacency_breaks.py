"""Ranks states by how many tiles aren't followed by the next one, around the row; ties by moves that are left to shift.

**Source**: none, the heuristic that a hand would write for a puzzle of shifts.

    f(s) = sum_i [s_(i+1) != s_i + 1 mod t] + min(r, t - r) / t,    r the place of the first tile

**Differs from the paper**: nothing.

**Shapes**: m states, t tiles.
"""

import jax
import jax.numpy as jnp

from toybench import Method


class AdjacencyBreaks(Method):
    """It is 0 at the goal alone, and below 1 on its rotations."""

    deterministic = True

    def rank(self, state: tuple, rows: jax.Array) -> jax.Array:
        tiles = rows.shape[1]
        breaks = (jnp.roll(rows, -1, axis=1) != (rows + 1) % tiles).sum(1)
        place = jnp.argmin(rows, axis=1)
        shifts = jnp.minimum(place, tiles - place)
        return breaks.astype(jnp.float32) + shifts.astype(jnp.float32) / tiles
