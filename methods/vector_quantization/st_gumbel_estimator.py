"""Straight-through Gumbel-softmax: the argmax of perturbed logits forward, their tempered softmax backward.

**Source**: Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax", 2016,
https://arxiv.org/abs/1611.01144, section 2.2.

    G_k ~ Gumbel,   D = argmax(theta + G),   gradient = f'(D) d softmax((theta + G) / tau) / d theta

**Differs from the paper**: 1. the temperature is constant and tuned, as Liu et al. (2023) use it, not annealed.

**Shapes**: b examples, l latents, k categories.
"""

import jax

from toybench.methods.vector_quantization._gradient_estimator import SurrogateEstimator, straight_through
from toybench.tasks.vector_quantization._estimators import Cost


class STGumbelEstimator(SurrogateEstimator):
    """A low temperature trades bias for variance."""

    temperature: float = 0.5  # tau, above 0; 0.5 to 1 in the paper

    space = {"lr": (0.003, 0.01, 0.03), "temperature": (0.1, 0.5)}

    def surrogate(self, cost: Cost, logits: jax.Array, key: jax.Array) -> jax.Array:
        perturbed = logits + jax.random.gumbel(key, logits.shape)
        hard = jax.nn.one_hot(perturbed.argmax(-1), logits.shape[-1])
        return cost.sampled(straight_through(hard, jax.nn.softmax(perturbed / self.temperature)))
