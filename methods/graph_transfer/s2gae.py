"""Reconstruction of masked edges by a network on products of two nodes' vectors, layer by layer.

**Source**: Tan, Liu, Huang, Choi, Li, Chen and Hu, "S2GAE: Self-Supervised Graph Autoencoders Are Generalizable
Learners with Graph Masking", 2023, https://doi.org/10.1145/3539597.3570404, as run by Xu et al., "GraphFM: A
Comprehensive Benchmark for Graph Foundation Model", 2024, https://arxiv.org/abs/2406.08310: its files
`models/S2GAE/model.py` and `models/S2GAE/utils.py` were read.

    L = mean of -log p(u, v) over masked edges + mean of -log (1 - p(u, v)) over random pairs
    p(u, v) = sigmoid(MLP([h_i(u) * h_j(v) for layers i, j]))

**Differs from the paper**: 1. An edge is masked in both directions at once; GraphFM's default masks directions apart.
2. One masked edge and one other node a node and step, instead of all masked edges. 3. Links are judged by the decoder
that the task fits for everybody, classes by the last layer alone. 4. One graph of a family a step; no dropout.

**Shapes**: n nodes, d features, h numbers of an embedding.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.nn import MLP, init
from toybench.blocks.random import uniforms
from toybench.methods.graph_transfer._training import RATES, Encoder, Pretrained, State, partners
from toybench.tasks.graph_transfer import Graph


class LinkAutoencoder(nn.Module):
    """Embeddings, and logits [n] of edges from every node to one of two others, int32 [n] each."""

    width: int

    @nn.compact
    def __call__(
        self, edges: jax.Array, x: jax.Array, first: jax.Array, second: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        hidden, h = Encoder(self.width)(edges, x)
        layers = (hidden, nn.relu(h))
        decoder = MLP((2 * self.width, 1))

        def logits(other: jax.Array) -> jax.Array:
            products = [own * far[other] for own in layers for far in layers]
            return decoder(jnp.concatenate(products, axis=1))[:, 0]

        return h, logits(first), logits(second)


class S2GAE(Pretrained):
    """Masked edges, cross-layer products."""

    mask: float = 0.5  # chance of an edge to be masked, 0 to 1; GraphFM 0.5

    space = {"lr": RATES, "mask": (0.1, 0.2, 0.5, 0.7)}

    def start(self, key: jax.Array, graph: Graph) -> Any:
        self_index = jnp.arange(self.spec.nodes)
        return init(LinkAutoencoder(self.spec.width), key, graph.edges, graph.x, self_index, self_index)

    def loss(self, params: Any, graph: Graph, key: jax.Array) -> jax.Array:
        square = graph.edges.shape
        noise = uniforms(key, mask=square, near=square, other=square[:1])
        upper = jnp.triu((noise["mask"] < self.mask).astype(graph.x.dtype), 1)
        masked = graph.edges * (upper + upper.T)
        near, there = partners(noise["near"], masked)
        other = jnp.floor(noise["other"] * square[0]).astype(near.dtype)
        network = LinkAutoencoder(self.spec.width)
        _, edge, pair = network.apply(params, graph.edges - masked, graph.x, near, other)
        found = (there * jax.nn.softplus(-edge)).sum() / jnp.maximum(there.sum(), 1.0)
        return found + jax.nn.softplus(pair).mean()

    def embed(self, state: State, graph: Graph) -> jax.Array:
        nobody = jnp.arange(self.spec.nodes)
        h, _, _ = LinkAutoencoder(self.spec.width).apply(state.params, graph.edges, graph.x, nobody, nobody)
        return h
