"""Demonstrations drawn at random from the pool, each query its own.

**Source**: baseline of Zhou, Han, Chen, Huang, Zhu, Khan, Gao and Yao, "Adapting Large Multimodal Models to
Distribution Shifts: The Role of In-Context Learning", 2024, https://arxiv.org/abs/2405.12217.

    prompt(x) = k pool items, uniformly without replacement

**Differs from the paper**: 1. an attention predictor with a biased prior stands in for the multimodal model.

**Shapes**: p pool items, q queries, k demonstrations, d features, c classes.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.in_context._retrieval import predict


class RandomDemonstrations(Method):
    """Reads no similarity at all; its state is the key that it draws with."""

    def init(self, key: jax.Array) -> jax.Array:
        return jax.random.key_data(key)

    def answer(self, state: Any, query: jax.Array) -> jax.Array:
        pool, predictor = self.given
        score = jax.random.uniform(jax.random.wrap_key_data(state), (len(query), len(pool.y)))
        chosen = jax.lax.top_k(score, self.spec.shots)[1]
        return predict(predictor, query, pool.x[chosen], pool.y[chosen])
