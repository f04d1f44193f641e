"""Cooperative network whose actions are weights between 0 and 1: a plain gate on every message.

**Source**: the control for Finkelshtein, Huang, Bronstein and Ceylan, "Cooperative Graph Neural Networks", 2024,
https://arxiv.org/abs/2310.01267: their networks with chances in place of draws.

    p_i = W [h_i ; sum_j A_ij h_j] + b;    l_i, s_i = sigmoid of p_i's first, of its second entry
    h_i <- relu(W' [h_i ; sum_j A_ij l_i s_j h_j / sum_j A_ij l_i s_j] + b')

**Differs from the paper**: 1. the paper doesn't have it.

**Shapes**: b graphs, n nodes, w width, d features, o outputs a node.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks.graphs import SageConv
from toybench.methods.message_passing._network import GraphNetwork, needs_edges
from toybench.tasks.message_passing import Spec

LEAST = 1e-6  # sum of gates that is divided by, so that closed gates have a finite gradient


class Network(linen.Module):
    """The gates' network is the same in every layer."""

    layers: int
    width: int
    outputs: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array, key: jax.Array | None = None) -> jax.Array:
        gate = SageConv(2)
        h = linen.relu(linen.Dense(self.width)(x))
        for _ in range(self.layers):
            weights = jax.nn.sigmoid(gate(edges, h))
            heard = edges * weights[..., :, None, 0] * weights[..., None, :, 1]
            reads = heard / jnp.maximum(heard.sum(-1, keepdims=True), LEAST)
            h = linen.relu(SageConv(self.width)(reads, h))
        return linen.Dense(self.outputs)(h)


class SoftGates(GraphNetwork):
    """Messages are weighed, none is left out."""

    layers: int = 2  # message-passing layers, 1 or more

    def fits(self, spec: Spec) -> str | None:
        return needs_edges(spec)

    @property
    def network(self) -> Network:
        return Network(layers=self.layers, width=self.spec.width, outputs=self.spec.outputs)
