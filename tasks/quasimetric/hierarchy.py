"""A tree whose edges are cheap downwards, dear upwards, and sometimes one-way.

Isolates strong asymmetry: descending costs 1 a level, climbing costs more and is impossible at some nodes, so that
the way back of a short way is long or doesn't exist. 64 nodes; about half of the ordered pairs are unreachable.
"""

import jax
import jax.numpy as jnp

from toybench.tasks.quasimetric import DirectedGraph


class Hierarchy(DirectedGraph):
    """A complete tree: 1 from parent to child, `climb` back where the child has a way up."""

    climb: float = 3.0  # cost of an edge from child to parent; 1 is the cost of the other direction
    stairs: float = 0.8  # probability that a node has a way up to its parent

    nodes: int = 64
    arity: int = 2  # children a node

    @property
    def count(self) -> int:
        return self.nodes

    def edges(self, key: jax.Array) -> jax.Array:
        node = jnp.arange(self.nodes)
        parent = (node - 1) // self.arity  # of the root: -1, nobody's number
        down = parent[None, :] == node[:, None]  # [parent, child]
        open_up = jax.random.uniform(key, (self.nodes, 1)) < self.stairs
        return jnp.where(down, 1.0, jnp.where(down.T & open_up, self.climb, jnp.inf))
