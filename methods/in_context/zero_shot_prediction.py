"""The frozen predictor without demonstrations.

**Source**: baseline of Zhou, Han, Chen, Huang, Zhu, Khan, Gao and Yao, "Adapting Large Multimodal Models to
Distribution Shifts: The Role of In-Context Learning", 2024, https://arxiv.org/abs/2405.12217.

    answer(x) = argmax_c  w_c.x + b_c   of the predictor's own prior

**Differs from the paper**: 1. a linear classifier with a biased prior stands in for the multimodal model.

**Shapes**: q queries, d features, c classes.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.in_context._retrieval import predict


class ZeroShotPrediction(Method):
    """What the other methods start from."""

    def answer(self, state: Any, query: jax.Array) -> jax.Array:
        pool, predictor = self.given
        return predict(predictor, query, pool.x[None, :0].repeat(len(query), 0), pool.y[None, :0].repeat(len(query), 0))
