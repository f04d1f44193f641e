"""ReinMax: a straight-through estimator of second order, by Heun's method and with first derivatives only.

**Source**: Liu, Dong, Liu, Yu and Gao, "Bridging Discrete and Backpropagation: Straight-Through and Beyond", 2023,
https://arxiv.org/abs/2304.08612, with the temperature where the authors' code has it.

    D ~ pi = softmax(theta),   pi_1 = (softmax(theta / tau) + D) / 2
    gradient = f'(D) [ 2 J(pi_1) - J(pi) / 2 ],   J(p) = diag(p) - p p^T

At tau = 1 its expectation replaces f(I_i) - f(I_j) by the trapezoid rule (f'(I_i) + f'(I_j)) / 2 . (I_i - I_j),
which is exact for quadratic f.

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


class ReinMax(SurrogateEstimator):
    """Prefers a temperature of 1 or more, unlike the Gumbel estimators."""

    temperature: float = 1.0  # tau, at least 1; 1 to 1.5 in the authors' scripts

    paper = "liu2023bridging"
    space = {"lr": (0.003, 0.01, 0.03), "temperature": (1.0, 1.5)}

    def surrogate(self, cost: Cost, logits: jax.Array, key: jax.Array) -> jax.Array:
        sample = one_hot_sample(key, logits)
        middle = (jax.nn.softmax(logits / self.temperature) + sample) / 2
        # the logits of pi_1 are shifted by a constant, so that the softmax at theta has the Jacobian J(pi_1)
        shift = jax.lax.stop_gradient(jnp.log(middle) - logits)
        soft = 2 * jax.nn.softmax(logits + shift) - jax.nn.softmax(logits) / 2
        return cost.sampled(straight_through(sample, soft))
