"""The edge weights of the differentiable graph generator, with one number of neighbours for all nodes.

**Source**: our control for Saha, Mendez, Russell and Bowden, "Learning Adaptive Neighborhoods for Graph Neural
Networks", 2023, https://arxiv.org/abs/2307.09065, with edges as in the authors' code `dgm.py` ("u-v-dist").

    p_ij = exp(-t |u_i - u_j|) exp(0.3 Gumbel_ij) on the given edges, u = leaky(x W)
    A_ij = p_ij (1 - (1 + tanh(rank_ij - k)) / 2),    then a GCN on A + I

**Differs from the paper**: 1. The soft choice of `dgg`, so that k is all that differs; k is tuned. 2. t is 0.3.

**Shapes**: n nodes, d features, w hidden units, c classes.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks import graphs
from toybench.methods.node_classification._nodes import (
    RATES,
    Inputs,
    NodeTrainer,
    Params,
    cross_entropy,
    edge_scores,
    encode,
    soft_top,
)
from toybench.tasks.node_classification import Graph, NodeSpec

REACH = 0.3  # t, of the distance, as in `dgg`
NOISE = 0.3  # scale of the Gumbel noise, as in `dgg`
WARM = 50  # first steps in which the given edges are read, as in `dgg`


class Network(nn.Module):
    """Weighted edges, and graph convolutions on them."""

    spec: NodeSpec
    k: jax.Array

    @nn.compact
    def __call__(self, edges: jax.Array, x: jax.Array, gumbel: jax.Array, ready: jax.Array) -> jax.Array:
        scores = edge_scores(nn.leaky_relu(nn.Dense(self.spec.width)(x)), edges, REACH) * jnp.exp(NOISE * gumbel)
        kept = soft_top(scores, jnp.broadcast_to(self.k, (self.spec.nodes,)))
        reads = graphs.symmetric_normalised(jnp.where(ready > 0, kept, edges))
        h = encode(self.spec, x)
        for _ in range(self.spec.depth):
            h = nn.relu(graphs.GraphConv(self.spec.width)(reads, h))
        return nn.Dense(self.spec.classes)(h)


class DGGFixedK(NodeTrainer):
    """All nodes keep as many edges."""

    k: float = 4.0  # edges that a node keeps, above 0

    space = {"lr": RATES, "k": (2.0, 4.0, 8.0, 16.0)}

    def network(self) -> Network:
        return Network(spec=self.spec, k=jnp.asarray(self.k))

    def read(self, graph: Graph) -> Inputs:
        n = self.spec.nodes
        return graph.reads, graph.x, jnp.zeros((n, n)), jnp.ones(())

    def loss(self, params: Params, inputs: Inputs, taken: jax.Array, key: jax.Array) -> jax.Array:
        n = self.spec.nodes
        gumbel = jax.random.gumbel(key, (n, n))
        ready = (taken >= WARM).astype(gumbel.dtype)
        return cross_entropy(self.network().apply(params, *inputs[:2], gumbel, ready), self.given.y)
