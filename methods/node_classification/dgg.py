"""Differentiable graph generator: every node weighs its edges and chooses how many of them it keeps.

**Source**: Saha, Mendez, Russell and Bowden, "Learning Adaptive Neighborhoods for Graph Neural Networks", 2023,
https://arxiv.org/abs/2307.09065, in the authors' code `dgm.py` (`DGG_LearnableK_debug` with edges by "u-v-dist", k by
"gcn-x-deg" and selection "k_times_edge_prob").

    p_ij = exp(-t |u_i - u_j|) exp(0.3 Gumbel_ij) on the given edges, u = leaky(x W)
    k_i = 1 + relu(mean degree + sd of degrees (mu_i + s_i eps_i)),    mu, s of [relu(S u W'), standardised degree]
    A_ij = p_ij (1 - (1 + tanh(rank_ij - k_i)) / 2),    then a GCN on A + I

Noise is off when nodes are judged. No edge is ever added: the generator weighs those that there are.

**Differs from the paper**: 1. t is 0.3, where the code has 0.05; u learns its own scale. 2. For the first `warm` steps
the GCN reads the given edges, so that it gives the generator a gradient that means something. 3. One layer instead of
two before mu and s.

**Shapes**: n nodes, d features, w hidden units, c classes.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks import graphs
from toybench.blocks.random import normals
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

REACH = 0.3  # t, of the distance; u has about unit scale
NOISE = 0.3  # scale of the Gumbel noise, as in the code


class Network(nn.Module):
    """A generator of edges, and graph convolutions on them."""

    spec: NodeSpec

    @nn.compact
    def __call__(
        self, edges: jax.Array, x: jax.Array, gumbel: jax.Array, eps: jax.Array, ready: jax.Array
    ) -> jax.Array:
        scores = edge_scores(nn.leaky_relu(nn.Dense(self.spec.width)(x)), edges, REACH) * jnp.exp(NOISE * gumbel)
        degrees = edges.sum(1)
        kept = soft_top(scores, self.count(edges, x, (degrees - degrees.mean()) / degrees.std(), eps))
        reads = graphs.symmetric_normalised(jnp.where(ready > 0, kept, edges))
        h = encode(self.spec, x)
        for _ in range(self.spec.depth):
            h = nn.relu(graphs.GraphConv(self.spec.width)(reads, h))
        return nn.Dense(self.spec.classes)(h)

    def count(self, edges: jax.Array, x: jax.Array, standard: jax.Array, eps: jax.Array) -> jax.Array:
        """How many edges each node keeps, [n], from its neighbourhood and its standardised degree."""
        u = nn.leaky_relu(nn.Dense(self.spec.width)(x))
        near = nn.relu(graphs.GraphConv(self.spec.width)(graphs.symmetric_normalised(edges), u))
        both = nn.Dense(2)(jnp.concatenate([near, standard[:, None]], axis=1))
        degrees = edges.sum(1)
        return 1 + nn.relu(degrees.mean() + degrees.std() * (both[:, 0] + nn.softplus(both[:, 1]) * eps))


class DGG(NodeTrainer):
    """Each node has a number of neighbours of its own."""

    warm: int = 50  # first steps in which the given edges are read, 0 and above

    space = {"lr": RATES, "warm": (0, 10, 25, 75)}

    def network(self) -> Network:
        return Network(self.spec)

    def read(self, graph: Graph) -> Inputs:
        n = self.spec.nodes
        return graph.reads, graph.x, jnp.zeros((n, n)), jnp.zeros(n), jnp.ones(())

    def loss(self, params: Params, inputs: Inputs, taken: jax.Array, key: jax.Array) -> jax.Array:
        n = self.spec.nodes
        uniform, normal = jax.random.split(key)
        gumbel = jax.random.gumbel(uniform, (n, n))
        eps = normals(normal, eps=(n,))["eps"]
        ready = (taken >= self.warm).astype(gumbel.dtype)
        return cross_entropy(self.network().apply(params, *inputs[:2], gumbel, eps, ready), self.given.y)
