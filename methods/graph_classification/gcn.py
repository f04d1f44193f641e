"""Graph convolutional network: a node reads its neighbours and itself, weighted by degrees; bonds aren't seen.

**Source**: Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks", 2017,
https://arxiv.org/abs/1609.02907 (from memory); as the baseline `GlycanGCN` in GlycanML's code,
`module/custom_models/graph_models.py` and `configs/single_task/GCN/domain_GCN.yaml`.

    h <- relu(D^-1/2 (A + I) D^-1/2 h W + b)

**Differs from the paper**: 1. width 16 instead of 128, three layers as there.

**Shapes**: b graphs, n nodes, w width.
"""

from typing import Any

import flax.linen as nn
import jax

from toybench.blocks.graphs import GraphConv, symmetric_normalised
from toybench.methods.graph_classification._network import GraphNetwork, cross_entropy, pooled
from toybench.tasks.graph_classification import Graphs, Labelled, Spec, untyped


class Encoder(nn.Module):
    """Layers of normalised sums."""

    spec: Spec

    @nn.compact
    def __call__(self, graphs: Graphs) -> jax.Array:
        reads = symmetric_normalised(untyped(graphs))
        h = graphs.x
        layers = []
        for _ in range(self.spec.reach):
            h = nn.relu(GraphConv(self.spec.width)(reads, h))
            layers.append(h)
        return pooled(self.spec.pooling, layers, graphs.mask)


class GCN(GraphNetwork):
    """Normalised sums over neighbours of any kind."""

    def encoder(self) -> nn.Module:
        return Encoder(self.spec)

    def loss(self, params: Any, shown: Labelled) -> jax.Array:
        return cross_entropy(self.scores(params, shown.graphs)[0], shown.y, shown.options)
