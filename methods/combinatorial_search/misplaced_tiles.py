"""Ranks states by how many tiles aren't at home: Hamming's distance.

**Source**: none, the textbook's first heuristic for puzzles.

    f(s) = sum_i [s_i != i]

**Differs from the paper**: nothing.

**Shapes**: m states, t tiles.
"""

import jax
import jax.numpy as jnp

from toybench import Method


class MisplacedTiles(Method):
    """A shift moves all tiles at once, which it doesn't know."""

    deterministic = True

    def rank(self, state: tuple, rows: jax.Array) -> jax.Array:
        return (rows != jnp.arange(rows.shape[1], dtype=rows.dtype)[None]).sum(1).astype(jnp.float32)
