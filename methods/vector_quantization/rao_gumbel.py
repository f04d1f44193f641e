"""Gumbel-Rao: straight-through Gumbel-softmax, averaged over the Gumbel noise that leads to the same sample.

**Source**: Paulus, Maddison and Krause, "Rao-Blackwellizing the Straight-Through Gumbel-Softmax Gradient Estimator",
2020, https://arxiv.org/abs/2010.04838; noise draws by the sampler for a given argmax.

    D ~ softmax(theta),   E_k ~ Exp(1),   Z = sum_k exp theta_k
    theta_k + G_k = - log(E_k / Z)                             where D_k = 1
                  = - log(E_k / exp theta_k + E_D / Z)         elsewhere
    gradient = f'(D) mean_r d softmax((theta + G^r) / tau) / d theta,   no gradient through G^r

**Differs from the paper**: 1. the number of noise draws is 10, the least it uses; 2. the noise is held fixed in the
derivative, without which the mean would not be that of straight-through Gumbel-softmax.

**Shapes**: r draws, b examples, l latents, k categories.
"""

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._gradient_estimator import (
    SurrogateEstimator,
    one_hot_sample,
    straight_through,
)
from toybench.tasks.vector_quantization._estimators import Cost


class RaoGumbel(SurrogateEstimator):
    """The mean of straight-through Gumbel-softmax at a lower variance."""

    temperature: float = 0.5  # tau, above 0; 0.1 to 1 in the paper
    draws: int = 10  # r; 10, 100 and 1000 in the paper

    space = {"lr": (0.003, 0.01, 0.03), "temperature": (0.1, 0.5)}

    def surrogate(self, cost: Cost, logits: jax.Array, key: jax.Array) -> jax.Array:
        a, b = jax.random.split(key)
        sample = one_hot_sample(a, logits)
        noise = jax.lax.stop_gradient(conditional_gumbel(b, logits, sample, self.draws))
        soft = jax.nn.softmax((logits[None] + noise) / self.temperature).mean(0)
        return cost.sampled(straight_through(sample, soft))


def conditional_gumbel(key: jax.Array, logits: jax.Array, sample: jax.Array, draws: int) -> jax.Array:
    """Gumbel noise for which `sample` is the argmax of logits + noise, both [..., k]: [r, ..., k]."""
    e = jax.random.exponential(key, (draws, *logits.shape)) + 1e-20
    normal = jax.nn.log_softmax(logits)[None]  # Z = 1
    chosen = jnp.sum(e * sample[None], axis=-1, keepdims=True)
    perturbed = -jnp.log(jnp.where(sample[None] > 0, 0.0, e * jnp.exp(-normal)) + chosen)
    return perturbed - normal
