"""Graph convolutional network: features spread by the normalised adjacency.

**Source**: Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks", 2017,
https://arxiv.org/abs/1609.02907, equation 2 (from memory); the baseline of Finkelshtein et al. (2023) in their code
`WeightedGCNConv` of `models/layers.py`.

    h <- relu(D^-1/2 (A + I) D^-1/2 h W + b),    D the degrees of A + I

**Differs from the paper**: 1. a linear layer in and one out. 2. No dropout.

**Shapes**: b graphs, n nodes, d features, o outputs a node.
"""

import flax.linen as linen
import jax

from toybench.blocks.graphs import GraphConv, symmetric_normalised
from toybench.methods.message_passing._network import GraphNetwork, Layers, needs_edges
from toybench.tasks.message_passing import Spec


class Network(linen.Module):
    """Reads the normalised adjacency."""

    layers: int
    width: int
    outputs: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array, key: jax.Array | None = None) -> jax.Array:
        reads = symmetric_normalised(edges)
        return Layers(layer=GraphConv, layers=self.layers, width=self.width, outputs=self.outputs)(reads, x)


class GCN(GraphNetwork):
    """A node and its neighbours share one weight matrix."""

    layers: int = 2  # message-passing layers, 1 or more

    def fits(self, spec: Spec) -> str | None:
        return needs_edges(spec)

    @property
    def network(self) -> Network:
        return Network(layers=self.layers, width=self.spec.width, outputs=self.spec.outputs)
