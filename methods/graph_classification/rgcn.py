"""Relational graph convolutional network: weights of its own for every kind of bond.

**Source**: Xu, Geng, Zhang, Yang, Tang and Zhang, "GlycanML: A Multi-Task and Multi-Structure Benchmark for Glycan
Machine Learning", 2024, https://arxiv.org/abs/2405.16206, in the authors' code: `GlycanRGCN` of
`module/custom_models/graph_models.py` with `configs/single_task/RGCN/domain_RGCN.yaml`; the layer is
`RelationalGraphConv` in a published copy of torchdrug's `layers/conv.py`, after Schlichtkrull et al. (2018).

    h_i <- relu(W_0 h_i + sum_r W_r mean_{j: bond_ij = r} h_j + b)

**Differs from the paper**: 1. width 16 instead of 128, 5 kinds of bonds instead of 84, AdamW instead of Adam with decay
in the gradient. Three layers, concatenated and read out by mean and maximum, as there.

**Shapes**: b graphs, r kinds of bonds, n nodes, w width.
"""

from typing import Any

import flax.linen as nn
import jax

from toybench.methods.graph_classification._network import GraphNetwork, RelationalEncoder, cross_entropy
from toybench.tasks.graph_classification import Labelled


class RGCN(GraphNetwork):
    """Trained on the classes alone."""

    def encoder(self) -> nn.Module:
        return RelationalEncoder(self.spec)

    def loss(self, params: Any, shown: Labelled) -> jax.Array:
        return cross_entropy(self.scores(params, shown.graphs)[0], shown.y, shown.options)
