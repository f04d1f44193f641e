"""A sparse random digraph: a cycle through all nodes in random order, and random shortcuts.

Isolates what the triangle inequality alone tells about unseen pairs: the edges have no geometry, and how far a node
is from the others on average says little. The cycle makes every pair connected, one way at a short distance and the
other at a long one. 64 nodes; distances of up to about 13 steps.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.random import uniforms
from toybench.tasks.quasimetric import DirectedGraph


class RandomDigraph(DirectedGraph):
    """Unit edges: a random cycle through all nodes, and each other ordered pair with probability shortcuts / nodes."""

    shortcuts: float = 1.0  # expected edges out of a node besides the cycle's

    nodes: int = 64

    @property
    def count(self) -> int:
        return self.nodes

    def edges(self, key: jax.Array) -> jax.Array:
        n = self.nodes
        drawn = uniforms(key, order=(n,), links=(n, n))
        order = jnp.argsort(drawn["order"])
        linked = (drawn["links"] < self.shortcuts / n).at[order, jnp.roll(order, -1)].set(True)
        return jnp.where(linked & ~jnp.eye(n, dtype=bool), 1.0, jnp.inf)
