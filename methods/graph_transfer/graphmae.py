"""Reconstruction of the features of masked nodes from those around them.

**Source**: Hou, Liu, Cen, Dong, Yang, Wang and Tang, "GraphMAE: Self-Supervised Masked Graph Autoencoders", 2022,
https://arxiv.org/abs/2205.10803, as run by Xu et al., "GraphFM: A Comprehensive Benchmark for Graph Foundation Model",
2024, https://arxiv.org/abs/2406.08310: its files `models/GraphMAE/model.py` and `options/base_options.py` were read.

    L = mean over masked nodes of (1 - cos(x_v, decoder(0 at masked nodes, W h elsewhere)_v))^2

**Differs from the paper**: 1. Graph convolutions instead of graph attention in encoder and decoder, the encoder of all
methods here. 2. Every node is masked with a chance instead of an exact share. 3. One graph of a family a step.

**Shapes**: n nodes, d features, h numbers of an embedding.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.graphs import GraphConv, symmetric_normalised
from toybench.blocks.nn import init
from toybench.methods.graph_transfer._training import RATES, Encoder, Pretrained, State
from toybench.tasks.graph_transfer import Graph

POWER = 2  # of one minus the cosine, GraphFM's; Hou et al. 1 to 3


class MaskedAutoencoder(nn.Module):
    """Embeddings, and reconstructed features; `masked` [n] is 1 where features are replaced by a learned token."""

    width: int

    @nn.compact
    def __call__(self, edges: jax.Array, x: jax.Array, masked: jax.Array) -> tuple[jax.Array, jax.Array]:
        token = self.param("bias", nn.initializers.zeros, (x.shape[1],))
        hole = masked[:, None]
        _, h = Encoder(self.width)(edges, (1 - hole) * x + hole * token[None, :])
        code = (1 - hole) * nn.Dense(self.width, use_bias=False)(h)
        return h, GraphConv(x.shape[1])(symmetric_normalised(edges), code)


def cosines(a: jax.Array, b: jax.Array) -> jax.Array:
    """Cosines [n] of rows [n, d]."""
    lengths = jnp.sqrt((a**2).sum(1) * (b**2).sum(1) + jnp.finfo(a.dtype).eps)
    return (a * b).sum(1) / lengths


class GraphMAE(Pretrained):
    """Masked features, remasked codes, scaled cosine error."""

    mask: float = 0.5  # chance of a node to be masked, 0 to 1; GraphFM 0.5

    space = {"lr": RATES, "mask": (0.1, 0.2, 0.5, 0.7)}

    def start(self, key: jax.Array, graph: Graph) -> Any:
        return init(MaskedAutoencoder(self.spec.width), key, graph.edges, graph.x, jnp.zeros(self.spec.nodes))

    def loss(self, params: Any, graph: Graph, key: jax.Array) -> jax.Array:
        masked = (jax.random.uniform(key, (self.spec.nodes,)) < self.mask).astype(graph.x.dtype)
        _, rebuilt = MaskedAutoencoder(self.spec.width).apply(params, graph.edges, graph.x, masked)
        errors = (1 - cosines(rebuilt, graph.x)) ** POWER
        return (masked * errors).sum() / jnp.maximum(masked.sum(), 1.0)

    def embed(self, state: State, graph: Graph) -> jax.Array:
        nothing = jnp.zeros(self.spec.nodes)
        h, _ = MaskedAutoencoder(self.spec.width).apply(state.params, graph.edges, graph.x, nothing)
        return h
