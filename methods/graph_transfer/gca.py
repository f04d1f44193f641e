"""Contrast of two views of a graph whose less important edges and features are dropped more often.

**Source**: Zhu, Xu, Yu, Liu, Wu and Wang, "Graph Contrastive Learning with Adaptive Augmentation", 2021,
https://arxiv.org/abs/2010.14945, as run by Xu et al., "GraphFM: A Comprehensive Benchmark for Graph Foundation Model",
2024, https://arxiv.org/abs/2406.08310: its files `models/GCA/model.py` and `models/GCA/utils.py` were read.

    chance to drop = min(rate s / mean(s), 0.7),   s = (max w - w) / (max w - mean w),   w = log importance
    l(u) = -log exp(z1_u . z2_u / t) / (sum_v exp(z1_u . z2_v / t) + sum_{v != u} exp(z1_u . z1_v / t))

**Differs from the paper**: 1. The encoder's second layer is linear, as for every method here. 2. An edge is dropped in
both directions at once, and its importance is the mean of both ends' log-degrees; in GraphFM each direction is dropped
by its receiving end. 3. Importance of a feature is its absolute value weighted by degrees, as in GraphFM for features
that aren't binary. 4. One graph of a family a step instead of one graph.

**Shapes**: n nodes, d features, h numbers of an embedding.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.nn import MLP, init
from toybench.blocks.random import uniforms
from toybench.methods.graph_transfer._training import RATES, Encoder, Pretrained, State
from toybench.tasks.graph_transfer import Graph

CAP = 0.7  # largest chance to drop, the paper's and GraphFM's


class Projected(nn.Module):
    """Embeddings, and their projections for the loss."""

    width: int

    @nn.compact
    def __call__(self, edges: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        _, h = Encoder(self.width)(edges, x)
        return h, MLP((self.width, self.width), nn.elu)(h)


def chances(importance: jax.Array, there: jax.Array, rate: float | jax.Array) -> jax.Array:
    """Chances to drop by log-importance; `there` is 1 for what exists."""
    mean = (importance * there).sum() / there.sum()
    most = jnp.where(there > 0, importance, -jnp.inf).max()
    unimportance = (most - importance) / jnp.maximum(most - mean, 1e-6)
    return jnp.minimum(rate * unimportance / jnp.maximum((unimportance * there).sum() / there.sum(), 1e-6), CAP)


def contrast(first: jax.Array, second: jax.Array, temperature: float | jax.Array) -> jax.Array:
    """Mean loss [] of finding a node's row of `second` [n, h] from its row of `first`; rows have length 1."""
    across = first @ second.T / temperature
    inside = first @ first.T / temperature
    inside = jnp.where(jnp.eye(len(first)) > 0, -jnp.inf, inside)
    everything = jax.nn.logsumexp(jnp.concatenate([across, inside], axis=1), axis=1)
    return (everything - jnp.diagonal(across)).mean()


class GCA(Pretrained):
    """Adaptive drops, symmetric contrast."""

    temperature: float = 0.4  # of the contrast, above 0; GraphFM 0.4
    drop_edges: float = 0.3  # mean rate, 0 to 1; GraphFM 0.3 and 0.4 in the two views
    drop_features: float = 0.1  # mean rate, 0 to 1; GraphFM 0.1 and 0

    space = {"lr": RATES, "drop_edges": (0.1, 0.3, 0.5, 0.7)}

    def start(self, key: jax.Array, graph: Graph) -> Any:
        return init(Projected(self.spec.width), key, graph.edges, graph.x)

    def view(self, graph: Graph, for_edges: jax.Array, for_features: jax.Array) -> Graph:
        """The graph without what falls to uniform numbers [n, n] and [d]."""
        degrees = graph.edges.sum(1)
        central = jnp.log(jnp.maximum(degrees, 1.0))
        edge_chances = chances((central[:, None] + central[None, :]) / 2, graph.edges, self.drop_edges)
        upper = jnp.triu((for_edges >= edge_chances).astype(graph.x.dtype), 1)
        size = jnp.log(degrees @ jnp.abs(graph.x))
        kept = (for_features >= chances(size, jnp.ones_like(size), self.drop_features)).astype(graph.x.dtype)
        return graph._replace(edges=graph.edges * (upper + upper.T), x=graph.x * kept[None, :])

    def loss(self, params: Any, graph: Graph, key: jax.Array) -> jax.Array:
        noise = uniforms(key, edges=(2, *graph.edges.shape), features=(2, graph.x.shape[1]))
        projected = []
        for side in range(2):
            view = self.view(graph, noise["edges"][side], noise["features"][side])
            _, z = Projected(self.spec.width).apply(params, view.edges, view.x)
            projected.append(z / jnp.sqrt((z**2).sum(1, keepdims=True) + jnp.finfo(z.dtype).tiny))
        forth = contrast(projected[0], projected[1], self.temperature)
        back = contrast(projected[1], projected[0], self.temperature)
        return (forth + back) / 2

    def embed(self, state: State, graph: Graph) -> jax.Array:
        h, _ = Projected(self.spec.width).apply(state.params, graph.edges, graph.x)
        return h
