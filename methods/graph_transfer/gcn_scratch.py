"""A graph convolutional network trained on the known labels of each new graph, from random weights.

**Source**: Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks", 2017,
https://arxiv.org/abs/1609.02907, equation 9 (from memory).

    scores = S relu(S x W_1) W_2,   S = D^-1/2 (A + I) D^-1/2

**Differs from the paper**: 1. AdamW with a cosine for 60 steps; the paper takes Adam with an L2 term and stops early on
held-out labels, which aren't spared here. 2. No dropout.

**Shapes**: n nodes, d features, c classes.
"""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.graphs import GraphConv, symmetric_normalised
from toybench.blocks.nn import init
from toybench.methods.graph_transfer._training import FEW_RATES, fit
from toybench.tasks.graph_transfer import Graph, cross_entropy, one_hot_labels


class State(NamedTuple):
    """Parameters before a new graph is seen."""

    params: Any


class GCN(nn.Module):
    """Two graph convolutions with a relu between them: scores [n, c]."""

    width: int
    classes: int

    @nn.compact
    def __call__(self, edges: jax.Array, x: jax.Array) -> jax.Array:
        reads = symmetric_normalised(edges)
        hidden = nn.relu(GraphConv(self.width)(reads, x))
        return GraphConv(self.classes)(reads, hidden)


class GCNScratch(Method):
    """Nothing is carried over from other graphs."""

    lr: float = 0.03  # learning rate, above 0
    decay: float = 0.0005  # weight decay, 0 or more; the paper 0.0005 as L2 of the first layer

    space = {"lr": FEW_RATES, "decay": (0.0005, 0.05, 0.5, 1.5, 5.0)}

    def network(self) -> GCN:
        return GCN(width=self.spec.width, classes=self.spec.classes)

    def init(self, key: jax.Array) -> State:
        edges = jnp.zeros((self.spec.nodes, self.spec.nodes))
        return State(params=init(self.network(), key, edges, jnp.zeros((self.spec.nodes, self.spec.features))))

    def node_scores(self, state: State, graph: Graph) -> jax.Array:
        targets = one_hot_labels(graph, self.spec.classes)

        def loss(params: Any) -> jax.Array:
            return cross_entropy(self.network().apply(params, graph.edges, graph.x), targets)

        params = fit(loss, state.params, self.lr, self.decay)
        return self.network().apply(params, graph.edges, graph.x)
