"""Shortest-path kernel: pairs of nodes of two graphs with the same labels at the same distance.

**Source**: Borgwardt and Kriegel, "Shortest-Path Kernels on Graphs", 2005 (from memory); as a baseline in Morris et
al.'s code, `tud_benchmark/main_kernel.py` (`compute_shortestpath_dense`, normalised).

    f_abd = number of node pairs with labels a, b at distance d,  k(G, H) = f(G) . f(H) / (|f(G)| |f(H)|)

**Differs from the paper**: 1. distances up to 6; farther pairs aren't counted. 2. Ridge regression instead of a support
vector machine, as in `wl_kernel`. 3. Kinds of bonds aren't seen, as in the authors' code.

**Shapes**: p graphs, n nodes, d labels.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.paths import hop_distances
from toybench.methods.graph_classification._kernel import GraphKernel, normalised
from toybench.tasks.graph_classification import Graphs, untyped

FARTHEST = 6  # edges; in graphs of 16 nodes and degree 3 hardly any two nodes are farther apart


class ShortestPathKernel(GraphKernel):
    """Counts of labelled distances."""

    def describe(self, graphs: Graphs) -> jax.Array:
        hops = jax.nn.one_hot(hop_distances(untyped(graphs), FARTHEST) - 1, FARTHEST)
        there = graphs.x * graphs.mask[..., None]
        return jnp.einsum("pia,pijk,pjb->pabk", there, hops, there).reshape(len(graphs.mask), -1)

    def kernel(self, a: jax.Array, b: jax.Array) -> jax.Array:
        return normalised(a @ b.T, (a**2).sum(1), (b**2).sum(1))
