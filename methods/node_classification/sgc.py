"""Simple graph convolution: a linear classifier of features that were smoothed beforehand.

**Source**: Wu, Zhang, Souza, Fifty, Yu and Weinberger, "Simplifying Graph Convolutional Networks", 2019,
https://arxiv.org/abs/1902.07153, equation 8; from memory.

    scores = S^K x W

**Differs from the paper**: 1. AdamW with a cosine, as everywhere in this study.

**Shapes**: n nodes, d features, c classes.
"""

import flax.linen as nn
import jax

from toybench.blocks import graphs
from toybench.methods.node_classification._nodes import DECAYS, RATES, Inputs, Supervised
from toybench.tasks.node_classification import Graph, NodeSpec


class Network(nn.Module):
    """One linear layer."""

    spec: NodeSpec

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.Dense(self.spec.classes)(x)


class SGC(Supervised):
    """As many steps of smoothing as other networks have graph layers."""

    space = {"lr": RATES, "decay": DECAYS}

    def network(self) -> Network:
        return Network(self.spec)

    def read(self, graph: Graph) -> Inputs:
        smooth = graphs.symmetric_normalised(graph.reads)
        x = graph.x
        for _ in range(self.spec.depth):
            x = smooth @ x
        return (x,)
