"""Straight-through: a categorical sample forward, the softmax of the tempered logits backward.

**Source**: Bengio, Leonard and Courville, "Estimating or Propagating Gradients Through Stochastic Neurons for
Conditional Computation", 2013, https://arxiv.org/abs/1308.3432, in the categorical form of Liu et al.,
https://arxiv.org/abs/2304.08612.

    D ~ softmax(theta),   gradient = f'(D) d softmax(theta / tau) / d theta

Its expectation at tau = 1 is the first-order (forward Euler) approximation of the exact gradient.

**Differs from the paper**: 1. categorical latents with a temperature, as later work uses it, instead of binary units.

**Shapes**: b examples, l latents, k categories.
"""

import jax

from toybench.methods.vector_quantization._gradient_estimator import (
    SurrogateEstimator,
    one_hot_sample,
    straight_through,
)
from toybench.tasks.vector_quantization._estimators import Cost


class STEstimator(SurrogateEstimator):
    """Biased wherever the cost is not linear."""

    temperature: float = 1.0  # tau, above 0; tuned for each problem by Liu et al.

    space = {"lr": (0.003, 0.01, 0.03), "temperature": (0.5, 1.0)}

    def surrogate(self, cost: Cost, logits: jax.Array, key: jax.Array) -> jax.Array:
        return cost.sampled(straight_through(one_hot_sample(key, logits), jax.nn.softmax(logits / self.temperature)))
