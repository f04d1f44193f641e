"""A GCN on the graph of nearest neighbours by features: the given edges are not looked at.

**Source**: the baseline of Franceschi, Niepert, Pontil and He, "Learning Discrete Structures for Graph Neural
Networks", 2019, https://arxiv.org/abs/1903.11960, section 5 (kNN-GCN); from memory.

    A_ij = 1 where j is among the k nearest of i by cosine, or i among those of j;    then a GCN on A + I

**Differs from the paper**: 1. Cosine alone, where the metric is tuned there.

**Shapes**: n nodes, d features, w hidden units, c classes.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks import graphs
from toybench.methods.node_classification._nodes import RATES, Inputs, Supervised, encode
from toybench.tasks.node_classification import Graph, NodeSpec


class Network(nn.Module):
    """Graph convolutions."""

    spec: NodeSpec

    @nn.compact
    def __call__(self, smooth: jax.Array, x: jax.Array) -> jax.Array:
        h = encode(self.spec, x)
        for _ in range(self.spec.depth):
            h = nn.relu(graphs.GraphConv(self.spec.width)(smooth, h))
        return nn.Dense(self.spec.classes)(h)


class KNNGCN(Supervised):
    """Edges from features."""

    k: int = 8  # nearest neighbours of a node, 1 and above

    space = {"lr": RATES, "k": (2, 4, 10, 25)}

    def network(self) -> Network:
        return Network(self.spec)

    def read(self, graph: Graph) -> Inputs:
        unit = graph.x / jnp.linalg.norm(graph.x, axis=1, keepdims=True)
        alike = unit @ unit.T - 2 * jnp.eye(self.spec.nodes)  # a node is its own last neighbour
        rank = jnp.argsort(jnp.argsort(-alike, axis=1), axis=1)
        edges = (rank < self.k).astype(graph.x.dtype)
        return graphs.symmetric_normalised(graphs.symmetrised(edges)), graph.x
