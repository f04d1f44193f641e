"""Erdos and Renyi's graphs: any two nodes are linked with one probability, that of the given graphs.

**Source**: Erdos and Renyi, "On Random Graphs I", 1959; a baseline of Bacciu et al., 2020, `baselines/simple.py`.

    p = sum of given edges / sum of given pairs of nodes;    n as a random given graph

**Differs from the paper**: 1. Likelihood's estimate over all graphs; the authors search p for each number of nodes.

**Shapes**: m given graphs, c drawn ones, n nodes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms


class ErdosRenyi(Method):
    """One number."""

    deterministic = True

    def init(self, key: jax.Array) -> jax.Array:
        count = self.given.size.astype(jnp.float32)
        return self.given.edges.sum() / (count * (count - 1)).sum()

    def draw_graphs(self, state: Any, key: jax.Array, count: int) -> jax.Array:
        nodes = self.spec.nodes
        noise = uniforms(key, rows=(count,), pairs=(count, nodes, nodes))
        size = self.given.size[jnp.floor(noise["rows"] * self.spec.given).astype(jnp.int32)]
        exists = jnp.arange(nodes)[None, :] < size[:, None]
        both = exists[:, :, None] & exists[:, None, :]
        upper = jnp.triu((noise["pairs"] < state) & both, 1).astype(jnp.float32)
        return upper + jnp.swapaxes(upper, 1, 2)
