"""Graph convolutional network on the graph of all events, whatever their times.

**Source**: the baseline of Heeg and Scholtes, 2023, https://arxiv.org/abs/2310.15865 (abstract); layers as in pathpyG's
`src/pathpyG/nn/dbgnn.py` without the second order; Kipf and Welling, "Semi-Supervised Classification with Graph
Convolutional Networks", 2017, https://arxiv.org/abs/1609.02907, equation 2.

    x <- elu(S x W), from one-hot features; then a linear layer

**Differs from the paper**: 1. The loss is squared error of standardised closeness. 2. Weight decay of 0.005. 3. ELU, as
its rival has. 4. The sender's degree counts what it sends.

**Shapes**: n nodes, e events.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.graphs import GraphConv, symmetric_normalised
from toybench.methods.temporal_graphs._nodes import WIDTH, NodeRegression, first_order
from toybench.tasks.temporal_graphs import Events


class OneOrder(nn.Module):
    """Scores [n] from a graph [n, n]."""

    layers: int

    @nn.compact
    def __call__(self, first: jax.Array) -> jax.Array:
        x = jnp.eye(first.shape[0])
        for _ in range(self.layers):
            x = nn.elu(GraphConv(WIDTH)(first, x))
        return nn.Dense(1)(nn.elu(nn.Dense(WIDTH)(x)))[:, 0]


class AggregateGCN(NodeRegression):
    """Reads the aggregate."""

    def graphs(self, events: Events) -> tuple[jax.Array, ...]:
        return (symmetric_normalised(first_order(self.given.network, events, self.spec.nodes)),)

    def network(self) -> OneOrder:
        return OneOrder(layers=self.layers)
