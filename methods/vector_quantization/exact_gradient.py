"""The exact gradient of the expected cost, by closed form or enumeration: the reference for the estimators.

**Source**: reference of Liu et al., "Bridging Discrete and Backpropagation: Straight-Through and Beyond", 2023,
https://arxiv.org/abs/2304.08612, whose polynomial programs and autoencoders it serves.

    grad_theta sum_D pi_D f(D)

**Differs from the paper**: 1. a decoder, where there is one, is trained by the exact expectation as well.

**Shapes**: b examples, l latents, k categories.
"""

import jax

from toybench.methods.vector_quantization._gradient_estimator import SurrogateEstimator
from toybench.tasks.vector_quantization._estimators import Cost


class ExactGradient(SurrogateEstimator):
    """Needs the expectation itself, which no problem of real size offers."""

    def surrogate(self, cost: Cost, logits: jax.Array, key: jax.Array) -> jax.Array:
        return cost.expected(logits)
