"""Graph isomorphism network: a node adds what its neighbours hold, then a small network; bonds aren't seen.

**Source**: Xu, Hu, Leskovec and Jegelka, "How Powerful are Graph Neural Networks?", 2019,
https://arxiv.org/abs/1810.00826 (from memory); as a baseline `GIN0` in Morris et al.'s code,
`tud_benchmark/gnn_baselines/gnn_architectures.py`, and `GlycanGIN` in GlycanML's
`module/custom_models/graph_models.py`.

    h_i <- relu(MLP(h_i + sum_j A_ij h_j))

**Differs from the paper**: 1. no batch normalisation and no dropout. 2. Layers are concatenated and read out by mean
and maximum, as in GlycanML's code, and by the sum for pairs of graphs; Morris et al.'s has the mean of the last layer.
3. As many layers as the task's reach, where Morris et al. choose 1 to 5.

**Shapes**: b graphs, n nodes, w width.
"""

from typing import Any

import flax.linen as nn
import jax

from toybench.blocks.graphs import GinConv
from toybench.methods.graph_classification._network import GraphNetwork, cross_entropy, pooled
from toybench.tasks.graph_classification import Graphs, Labelled, Spec, untyped


class Encoder(nn.Module):
    """Layers of sums."""

    spec: Spec

    @nn.compact
    def __call__(self, graphs: Graphs) -> jax.Array:
        edges = untyped(graphs)
        h = graphs.x
        layers = []
        for _ in range(self.spec.reach):
            h = nn.relu(GinConv(self.spec.width)(edges, h))
            layers.append(h)
        return pooled(self.spec.pooling, layers, graphs.mask)


class GIN(GraphNetwork):
    """Sums over neighbours of any kind."""

    def encoder(self) -> nn.Module:
        return Encoder(self.spec)

    def loss(self, params: Any, shown: Labelled) -> jax.Array:
        return cross_entropy(self.scores(params, shown.graphs)[0], shown.y, shown.options)
