"""Graph attention network: how much a node reads of each neighbour depends on both their features.

**Source**: Velickovic, Cucurull, Casanova, Romero, Lio and Bengio, "Graph Attention Networks", 2018,
https://arxiv.org/abs/1710.10903, equations 1 to 4; from memory. The layer is `toybench/blocks/graphs.py`'s.

    h_i <- relu(sum_j a_ij W h_j),    a_ij = softmax_j leaky(a . [W h_i, W h_j]) over neighbours and the node

**Differs from the paper**: 1. One head a layer, no dropout.

**Shapes**: n nodes, d features, w hidden units, c classes.
"""

import flax.linen as nn
import jax

from toybench.blocks import graphs
from toybench.methods.node_classification._nodes import DECAYS, RATES, Inputs, Supervised, encode
from toybench.tasks.node_classification import Graph, NodeSpec


class Network(nn.Module):
    """Layers of one attention head."""

    spec: NodeSpec

    @nn.compact
    def __call__(self, edges: jax.Array, x: jax.Array) -> jax.Array:
        h = encode(self.spec, x)
        for _ in range(self.spec.depth):
            h = nn.relu(graphs.AttentionConv(self.spec.width)(edges, h))
        return nn.Dense(self.spec.classes)(h)


class GAT(Supervised):
    """Attention over the given edges."""

    space = {"lr": RATES, "decay": DECAYS}

    def network(self) -> Network:
        return Network(self.spec)

    def read(self, graph: Graph) -> Inputs:
        return graph.reads, graph.x
