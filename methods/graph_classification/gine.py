"""Graph isomorphism network with bonds: a neighbour's state and its bond's are added before a relu.

**Source**: Hu, Liu, Gomes, Zitnik, Liang, Pande and Leskovec, "Strategies for Pre-training Graph Neural Networks",
2020, https://arxiv.org/abs/1905.12265 (from memory); as `GINE0` in Morris et al.'s code,
`tud_benchmark/gnn_baselines/gnn_architectures.py`. A control of GlycanML's claim: bonds cost it one embedding.

    h_i <- relu(MLP(h_i + sum_j A_ij relu(h_j + E bond_ij)))

**Differs from the paper**: 1. no batch normalisation and no dropout. 2. Bonds are embedded by one linear layer, types
by another before the first layer. 3. Layers are concatenated and read out as those of `rgcn`.

**Shapes**: b graphs, r kinds of bonds, n nodes, w width.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.nn import MLP
from toybench.methods.graph_classification._network import GraphNetwork, cross_entropy, pooled
from toybench.tasks.graph_classification import Graphs, Labelled, Spec, untyped


class Encoder(nn.Module):
    """Layers of sums over neighbours seen together with their bonds."""

    spec: Spec

    @nn.compact
    def __call__(self, graphs: Graphs) -> jax.Array:
        width = self.spec.width
        there = untyped(graphs)[..., None]
        bonds = jnp.moveaxis(graphs.edges, 1, -1)
        h = nn.Dense(width)(graphs.x)
        layers = []
        for _ in range(self.spec.reach):
            told = nn.relu(h[:, None, :, :] + nn.Dense(width)(bonds))
            h = nn.relu(MLP((width, width))(h + (there * told).sum(2)))
            layers.append(h)
        return pooled(self.spec.pooling, layers, graphs.mask)


class GINE(GraphNetwork):
    """Sums over neighbours, bonds added."""

    def encoder(self) -> nn.Module:
        return Encoder(self.spec)

    def loss(self, params: Any, shown: Labelled) -> jax.Array:
        return cross_entropy(self.scores(params, shown.graphs)[0], shown.y, shown.options)
