"""REINFORCE with a leave-one-out baseline: unbiased, and needs no derivative of the cost.

**Source**: Williams, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning",
1992, https://doi.org/10.1007/BF00992696; the baseline by Kool, van Hoof and Welling, "Buy 4 REINFORCE Samples, Get
a Baseline for Free!", 2019.

    D_1 .. D_n ~ softmax(theta),   gradient = 1/n sum_i (f(D_i) - mean_{j != i} f(D_j)) grad log pi(D_i)

**Differs from the paper**: 1. it sees n = 4 samples of each example where the other estimators see one, since the
baseline needs them.

**Shapes**: n samples, b examples, l latents, k categories.
"""

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._gradient_estimator import SurrogateEstimator, one_hot_sample
from toybench.tasks.vector_quantization._estimators import Cost


class Reinforce(SurrogateEstimator):
    """Its noise grows with the number of latents, as all of them share one scalar cost."""

    samples: int = 4  # n, at least 2; 4 in Kool et al.'s title

    def surrogate(self, cost: Cost, logits: jax.Array, key: jax.Array) -> jax.Array:
        many = jnp.broadcast_to(logits[None], (self.samples, *logits.shape))
        z = one_hot_sample(key, many)
        f = jax.vmap(cost.sampled)(z)  # [n, b]
        others = (f.sum(0, keepdims=True) - f) / (self.samples - 1)
        log_pi = jnp.sum(z * jax.nn.log_softmax(many), axis=(-2, -1))
        return (jax.lax.stop_gradient(f - others) * log_pi + f).mean(0)
