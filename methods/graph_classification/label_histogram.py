"""Counts of node labels, and nothing of the edges: what a kernel without structure knows.

**Source**: the control of Morris et al.'s comparison of kernels, "TUDataset", 2020, https://arxiv.org/abs/2007.08663;
it isn't in their code.

    f_a = number of nodes with label a,  k(G, H) = f(G) . f(H) / (|f(G)| |f(H)|)

**Differs from the paper**: 1. the paper doesn't have it.

**Shapes**: p graphs, d labels.
"""

import jax

from toybench.methods.graph_classification._kernel import GraphKernel, normalised
from toybench.tasks.graph_classification import Graphs


class LabelHistogram(GraphKernel):
    """Counts of labels."""

    def describe(self, graphs: Graphs) -> jax.Array:
        return (graphs.x * graphs.mask[..., None]).sum(1)

    def kernel(self, a: jax.Array, b: jax.Array) -> jax.Array:
        return normalised(a @ b.T, (a**2).sum(1), (b**2).sum(1))
