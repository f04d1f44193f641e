"""A stochastic block model with two blocks: the control that is told how the graphs are made.

**Source**: Holland, Laskey and Leinhardt, "Stochastic Blockmodels: First Steps", 1983; blocks by the sign of the
Laplacian's second eigenvector (Fiedler, 1973), from memory.

    sizes as a random given graph;    p inside and p between: shares of linked pairs over all given graphs

**Differs from the paper**: nothing.

**Shapes**: m given graphs, c drawn ones, n nodes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms

FAR = 1e3  # eigenvalue of nodes that don't exist, above all others


class Blocks(NamedTuple):
    """Sizes of the two blocks int32 [m, 2], and the chances of an edge inside and between, [2]."""

    sizes: jax.Array
    chances: jax.Array


def first_block(edges: jax.Array, size: jax.Array) -> jax.Array:
    """True for the nodes [n] on the positive side of the second eigenvector."""
    exists = jnp.arange(len(edges)) < size
    degree = jnp.where(exists, edges.sum(1), FAR)
    _, vectors = jnp.linalg.eigh(jnp.diag(degree) - edges)
    return (vectors[:, 1] > 0) & exists


class FittedSBM(Method):
    """Two blocks."""

    deterministic = True

    def init(self, key: jax.Array) -> Blocks:
        edges = self.given.edges
        size = self.given.size
        one = jax.vmap(first_block)(edges, size)
        other = (jnp.arange(edges.shape[1])[None, :] < size[:, None]) & ~one
        same = (one[:, :, None] & one[:, None, :]) | (other[:, :, None] & other[:, None, :])
        inside = (same & ~jnp.eye(edges.shape[1], dtype=bool)[None]).astype(edges.dtype)
        apart = ((one[:, :, None] & other[:, None, :]) | (other[:, :, None] & one[:, None, :])).astype(edges.dtype)
        chances = jnp.stack([(edges * pairs).sum() / pairs.sum() for pairs in (inside, apart)])
        return Blocks(sizes=jnp.stack([one.sum(1), other.sum(1)], 1), chances=chances)

    def draw_graphs(self, state: Any, key: jax.Array, count: int) -> jax.Array:
        nodes = self.spec.nodes
        noise = uniforms(key, rows=(count,), pairs=(count, nodes, nodes))
        sizes = state.sizes[jnp.floor(noise["rows"] * self.spec.given).astype(jnp.int32)]
        node = jnp.arange(nodes)[None, :]
        one = node < sizes[:, :1]
        exists = node < sizes.sum(1)[:, None]
        chance = jnp.where(one[:, :, None] == one[:, None, :], state.chances[0], state.chances[1])
        linked = (noise["pairs"] < chance) & exists[:, :, None] & exists[:, None, :]
        upper = jnp.triu(linked, 1).astype(jnp.float32)
        return upper + jnp.swapaxes(upper, 1, 2)
