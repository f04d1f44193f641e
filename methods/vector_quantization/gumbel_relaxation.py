"""Gumbel-softmax without rounding: the tempered softmax of perturbed logits goes into the cost itself.

**Source**: Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax", 2016,
https://arxiv.org/abs/1611.01144, equation 2; Maddison, Mnih and Teh, https://arxiv.org/abs/1611.00712.

    G_k ~ Gumbel,   y = softmax((theta + G) / tau),   gradient = d f(y) / d theta

**Differs from the paper**: 1. the temperature is constant and tuned, not annealed.

**Shapes**: b examples, l latents, k categories.
"""

import jax

from toybench.methods.vector_quantization._gradient_estimator import SurrogateEstimator
from toybench.tasks.vector_quantization._estimators import Cost


class GumbelRelaxation(SurrogateEstimator):
    """The exact gradient of another problem, that of the relaxed latents."""

    temperature: float = 0.5  # tau, above 0; 0.5 to 1 in the paper

    space = {"lr": (0.003, 0.01, 0.03), "temperature": (0.1, 0.5)}

    def surrogate(self, cost: Cost, logits: jax.Array, key: jax.Array) -> jax.Array:
        return cost.sampled(jax.nn.softmax((logits + jax.random.gumbel(key, logits.shape)) / self.temperature))
