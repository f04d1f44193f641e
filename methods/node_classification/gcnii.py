"""GCNII: every layer looks back at the first one, and its weights are near the identity.

**Source**: Chen, Wei, Huang, Ding and Li, "Simple and Deep Graph Convolutional Networks", 2020,
https://arxiv.org/abs/2007.02133, equation 5; from memory.

    u = (1 - alpha) S h + alpha h_0;    h <- relu((1 - beta_l) u + beta_l u W_l),    beta_l = log(1 + lambda / l)

**Differs from the paper**: 1. One weight decay for all layers, no dropout.

**Shapes**: n nodes, d features, w hidden units, c classes, l layers.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks import graphs
from toybench.methods.node_classification._nodes import (
    RATES,
    Inputs,
    Supervised,
    encode,
    stacked,
    through,
)
from toybench.tasks.node_classification import Graph, NodeSpec

LAMBDA = 0.5  # the paper's value on citation graphs


class Network(nn.Module):
    """Layers with a shortcut to the first encoding."""

    spec: NodeSpec
    alpha: jax.Array

    @nn.compact
    def __call__(self, smooth: jax.Array, x: jax.Array) -> jax.Array:
        first = encode(self.spec, x)
        beta = jnp.log1p(LAMBDA / jnp.arange(1, self.spec.depth + 1, dtype=jnp.float32))

        def layer(h: jax.Array, weights: tuple[jax.Array, jax.Array]) -> jax.Array:
            w, b = weights
            u = (1 - self.alpha) * (smooth @ h) + self.alpha * first
            return nn.relu((1 - b) * u + b * (u @ w))

        h = through(layer, first, (stacked(self, self.spec), beta))
        return nn.Dense(self.spec.classes)(h)


class GCNII(Supervised):
    """Deep by initial residuals and identity maps."""

    alpha: float = 0.1  # weight of the first encoding, 0 to 1; 0.1 in the paper

    space = {"lr": RATES, "alpha": (0.02, 0.05, 0.1, 0.3)}

    def network(self) -> Network:
        return Network(spec=self.spec, alpha=self.alpha)

    def read(self, graph: Graph) -> Inputs:
        return graphs.symmetric_normalised(graph.reads), graph.x
