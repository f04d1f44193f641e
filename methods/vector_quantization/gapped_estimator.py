"""Gapped straight-through: logits are moved, without noise, until the sample leads the others by a gap.

**Source**: Fan, Chi, Rudnicky and Ramadge, "Training Discrete Deep Generative Models via Gapped Straight-Through
Estimator", 2022, https://arxiv.org/abs/2206.07235, the estimator that its title names.

    D ~ softmax(theta),   m = max theta
    theta'_k = m                             where D_k = 1
             = min(theta_k, m - gap)         elsewhere
    gradient = f'(D) d softmax(theta' / tau) / d theta,   no gradient through the moves

**Differs from the paper**: nothing.

**Shapes**: b examples, l latents, k categories.
"""

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._gradient_estimator import (
    SurrogateEstimator,
    one_hot_sample,
    straight_through,
)
from toybench.tasks.vector_quantization._estimators import Cost


class GappedEstimator(SurrogateEstimator):
    """Keeps of Gumbel-softmax that the surrogate agrees with the sample, and drops its variance."""

    temperature: float = 1.0  # tau, above 0; tuned in the paper
    gap: float = 1.0  # by how much the sample's logit leads; 1 in the paper

    space = {"lr": (0.003, 0.01, 0.03), "temperature": (0.5, 1.0)}

    def surrogate(self, cost: Cost, logits: jax.Array, key: jax.Array) -> jax.Array:
        sample = one_hot_sample(key, logits)
        top = logits.max(-1, keepdims=True)
        moved = jnp.where(sample > 0, top, jnp.minimum(logits, top - self.gap))
        soft = jax.nn.softmax((logits + jax.lax.stop_gradient(moved - logits)) / self.temperature)
        return cost.sampled(straight_through(sample, soft))
