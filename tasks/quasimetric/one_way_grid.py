"""A square grid in which a share of the passages are one-way doors.

Isolates asymmetry on top of a geometry: without the doors the distances are those of a plain grid, which a symmetric
embedding can hold; a door makes one way short and the other a detour, or a room that can't be left.
64 nodes; distances of up to about 20 steps, a few pairs unreachable.
"""

import jax
import jax.numpy as jnp

from toybench.tasks.quasimetric import DirectedGraph


class OneWayGrid(DirectedGraph):
    """Unit edges between neighbours on a `side` x `side` grid, each passage one-way with probability `doors`."""

    doors: float = 0.5  # probability that a passage is one-way, in a random direction

    side: int = 8  # nodes along an edge of the grid

    @property
    def count(self) -> int:
        return self.side**2

    def edges(self, key: jax.Array) -> jax.Array:
        n = self.count
        row, column = jnp.divmod(jnp.arange(n), self.side)
        apart = jnp.abs(row[:, None] - row[None, :]) + jnp.abs(column[:, None] - column[None, :])
        draw = jnp.triu(jax.random.uniform(key, (n, n)), 1)  # one number for a passage: its two directions share it
        draw = draw + draw.T
        upward = jnp.arange(n)[:, None] < jnp.arange(n)[None, :]
        shut = (draw < self.doors) & (upward == (draw < self.doors / 2))
        return jnp.where((apart == 1) & ~shut, 1.0, jnp.inf)
