"""Demonstrations nearest to the query in the frozen features: TopKNearestPR.

**Source**: Zhou, Han, Chen, Huang, Zhu, Khan, Gao and Yao, "Adapting Large Multimodal Models to Distribution Shifts:
The Role of In-Context Learning", 2024, https://arxiv.org/abs/2405.12217 (TopKNearestPR).

    prompt(x) = the k pool items with the largest  cos(f(x), f(x_i)),  f the frozen encoder

**Differs from the paper**: 1. an attention predictor with a biased prior stands in for the multimodal model; features
are synthetic.

**Shapes**: p pool items, q queries, k demonstrations, d features, c classes.
"""

from typing import Any

import jax

from toybench.methods.in_context._retriever import Retriever


class NearestRaw(Retriever):
    """Unsupervised: where the domain dominates the features, so it does the similarity."""

    def keys(self, state: Any) -> jax.Array:
        return self.given.pool.x

    def embed(self, state: Any, query: jax.Array) -> jax.Array:
        return query
