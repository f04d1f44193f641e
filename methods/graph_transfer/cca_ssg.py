"""Agreement of two random views of a graph, with embeddings whose coordinates aren't correlated.

**Source**: Zhang, Wu, Yan, Wipf and Yu, "From Canonical Correlation Analysis to Self-supervised Graph Neural
Networks", 2021, https://arxiv.org/abs/2106.12484, as run by Xu et al., "GraphFM: A Comprehensive Benchmark for Graph
Foundation Model", 2024, https://arxiv.org/abs/2406.08310: its file `models/CCA_SSG/model.py` was read.

    L = -sum_k (Z1' Z2 / n)_kk + weight (|Z1' Z1 / n - I|^2 + |Z2' Z2 / n - I|^2),   Z columns of mean 0 and variance 1

**Differs from the paper**: 1. An edge is dropped in both directions at once. 2. One rate for edges and features, which
GraphFM has alike. 3. One graph of a family a step instead of one graph.

**Shapes**: n nodes, d features, h numbers of an embedding.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.nn import init
from toybench.blocks.random import uniforms
from toybench.methods.graph_transfer._training import RATES, Encoder, Pretrained, State
from toybench.tasks.graph_transfer import Graph


def standardised(h: jax.Array) -> jax.Array:
    """Columns of mean 0 and variance 1 (over n - 1)."""
    return (h - h.mean(0, keepdims=True)) / jnp.sqrt(h.var(0, ddof=1, keepdims=True) + jnp.finfo(h.dtype).eps)


class CCASSG(Pretrained):
    """Invariance and decorrelation."""

    drop: float = 0.2  # chance of an edge and of a feature to be dropped, 0 to 1; GraphFM 0.2
    weight: float = 0.001  # of the decorrelation, 0 or more; GraphFM 0.001

    space = {"lr": RATES, "drop": (0.05, 0.1, 0.2, 0.5)}

    def start(self, key: jax.Array, graph: Graph) -> Any:
        return init(Encoder(self.spec.width), key, graph.edges, graph.x)

    def loss(self, params: Any, graph: Graph, key: jax.Array) -> jax.Array:
        noise = uniforms(key, edges=(2, *graph.edges.shape), features=(2, graph.x.shape[1]))
        upper = jnp.triu((noise["edges"] >= self.drop).astype(graph.x.dtype), 1)
        edges = graph.edges[None] * (upper + jnp.swapaxes(upper, 1, 2))
        x = graph.x[None] * (noise["features"] >= self.drop).astype(graph.x.dtype)[:, None, :]
        _, h = Encoder(self.spec.width).apply(params, edges, x)
        first = standardised(h[0])
        second = standardised(h[1])
        count = graph.x.shape[0]
        excess = [(z.T @ z / count - jnp.eye(z.shape[1])) for z in (first, second)]
        return -(first * second).sum() / count + self.weight * sum((e**2).sum() for e in excess)

    def embed(self, state: State, graph: Graph) -> jax.Array:
        _, h = Encoder(self.spec.width).apply(state.params, graph.edges, graph.x)
        return h
