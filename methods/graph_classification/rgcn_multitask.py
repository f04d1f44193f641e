"""Relational graph convolutional network that learns the secondary label, too, with one encoder for both.

**Source**: Xu, Geng, Zhang, Yang, Tang and Zhang, "GlycanML: A Multi-Task and Multi-Structure Benchmark for Glycan
Machine Learning", 2024, https://arxiv.org/abs/2405.16206, in the authors' code: `GlycanPropertyPrediction` of
`module/custom_tasks/property_prediction.py` without loss adjustment, `configs/multi_task/classification_RGCN.yaml`.

    L = mean of the cross-entropies of both labels, each over the graphs where it is known

**Differs from the paper**: 1. two labels instead of eight levels of a taxonomy. 2. As in `rgcn`.

**Shapes**: b graphs, n nodes, c classes.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.methods.graph_classification._network import GraphNetwork, RelationalEncoder, cross_entropy
from toybench.tasks.graph_classification import Labelled


class RGCNMultitask(GraphNetwork):
    """Trained on both labels."""

    def encoder(self) -> nn.Module:
        return RelationalEncoder(self.spec)

    def loss(self, params: Any, shown: Labelled) -> jax.Array:
        fine, coarse = self.scores(params, shown.graphs)
        second = cross_entropy(coarse, shown.coarse, jnp.ones(coarse.shape))
        return (cross_entropy(fine, shown.y, shown.options) + second) / 2
