"""De Bruijn graph neural network: messages between nodes, and between edges along paths that respect time.

**Source**: Heeg and Scholtes, "Using Causality-Aware Graph Neural Networks to Predict Temporal Centralities in Dynamic
Graphs", 2023, https://arxiv.org/abs/2310.15865, its abstract and introduction; the network and the bipartite graph in
the same group's pathpyG, `src/pathpyG/nn/dbgnn.py` and `utils/dbgnn.py`, the closeness in `algorithms/centrality.py`.

    x <- elu(S1 x W), one row a node;  h <- elu(S2 h W), one row an edge
    elu(sum over edges w that end in v of (W1 h_w + W2 x_v)), then a linear layer

S is a graph's weighted adjacency with loops, divided by the roots of both ends' degrees. The second graph's edges are
pairs of events within the patience that a path can take, with their number. Both start from one-hot features.

**Differs from the paper**: 1. The loss is squared error of standardised closeness, one network width; the paper's
choice was not read. 2. No dropout, but weight decay of 0.005. 3. The sender's degree counts what it sends; in PyTorch
Geometric what it receives. 4. `order=shuffled` is our ablation: event i has the time of event pi(i), a fixed pi.

**Shapes**: n nodes, m edges, e events.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks.graphs import GraphConv, symmetric_normalised
from toybench.methods.temporal_graphs._nodes import WIDTH, NodeRegression, first_order, second_order, uses
from toybench.tasks.temporal_graphs import Events


class TwoOrders(nn.Module):
    """Scores [n] from both graphs [n, n] and [m, m], and `ends` [n, m]: 1 where a used edge ends in a node."""

    layers: int

    @nn.compact
    def __call__(self, first: jax.Array, second: jax.Array, ends: jax.Array) -> jax.Array:
        x = jnp.eye(first.shape[0])
        h = jnp.eye(second.shape[0])
        for _ in range(self.layers):
            x = nn.elu(GraphConv(WIDTH)(first, x))
            h = nn.elu(GraphConv(WIDTH)(second, h))
        of_edges = ends @ nn.Dense(WIDTH)(h)
        of_nodes = ends.sum(1, keepdims=True) * nn.Dense(WIDTH)(x)
        return nn.Dense(1)(nn.elu(of_edges + of_nodes))[:, 0]


class DBGNN(NodeRegression):
    """Both orders, joined where edges end."""

    order: str = "kept"  # of the events: `kept`, or `shuffled` over their times

    paper = "heeg2023using"

    def graphs(self, events: Events) -> tuple[jax.Array, ...]:
        if self.order == "shuffled":
            dealt = np.random.default_rng(0).permutation(events.time.shape[0])
            events = events._replace(time=events.time[dealt])
        edges = self.given.network
        used = (uses(events, self.spec.edges) > 0).astype(events.time.dtype)
        ends = (edges.target[None, :] == jnp.arange(self.spec.nodes)[:, None]).astype(used.dtype) * used[None, :]
        first = symmetric_normalised(first_order(edges, events, self.spec.nodes))
        second = symmetric_normalised(second_order(edges, events, self.spec.patience))
        return first, second, ends

    def network(self) -> TwoOrders:
        return TwoOrders(layers=self.layers)
