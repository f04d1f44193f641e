"""Transformer over the nodes: every node attends to all, and edges aren't read.

**Source**: Vaswani et al., "Attention Is All You Need", 2017, https://arxiv.org/abs/1706.03762, with normalisation
before each part (from memory); the control for learnt edges and for messages between sentences.

    h <- h + attention(norm(h));  h <- h + MLP(norm(h))

**Differs from the paper**: 1. no positions.

**Shapes**: b graphs, n nodes, d features, o outputs a node.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks.attention import Block
from toybench.methods.message_passing._network import GraphNetwork


class Network(linen.Module):
    """Attention among the nodes that there are."""

    layers: int
    heads: int
    width: int
    outputs: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array, key: jax.Array | None = None) -> jax.Array:
        seen = jnp.broadcast_to(mask[:, None, :], edges.shape)
        h = linen.Dense(self.width)(x)
        for _ in range(self.layers):
            h = Block(self.heads)(h, seen)
        return linen.Dense(self.outputs)(h)


class AttentionAll(GraphNetwork):
    """Any node is one step from any other."""

    layers: int = 2  # of attention, 1 or more
    heads: int = 2  # of attention, a divisor of the width

    @property
    def network(self) -> Network:
        return Network(layers=self.layers, heads=self.heads, width=self.spec.width, outputs=self.spec.outputs)
