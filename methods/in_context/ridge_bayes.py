"""Ridge regression on the prompt at the Bayes strength: the posterior mean under the Gaussian prior.

**Source**: baseline of Akyurek, Schuurmans, Andreas, Ma and Zhou, "What learning algorithm is in-context learning?
Investigations with linear models", 2022, https://arxiv.org/abs/2211.15661 (minimum Bayes risk).

    w = (X'X + sigma^2 S)^-1 X'y      weights N(0, S^-1), noise sigma^2
    variance = sigma^2 (1 + x'(X'X + sigma^2 S)^-1 x)

**Differs from the paper**: 1. where the noise level is unknown, its mean square sets the strength, and the residual
variance over n - tr H, with H the hat matrix, is plugged in for sigma^2 in the predictive variance.

**Shapes**: b prompts, n context pairs, d inputs.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.in_context._weights import WeightEstimator, residual_variance
from toybench.tasks.in_context._regression import Moments, mean_square_noise


class RidgeBayes(WeightEstimator):
    """Exact for a linear response and a known noise level, a plug-in otherwise."""

    paper = "akyurek2022learning"

    def regress(self, state: Any, x: jax.Array, y: jax.Array, query: jax.Array) -> Moments:
        strength = mean_square_noise(self.spec)
        gram = jnp.einsum("bni,bnj->bij", x, x)
        prior = strength * jnp.diag(jnp.asarray(self.spec.scales) ** 2)
        right = jnp.concatenate([jnp.einsum("bnd,bn->bd", x, y)[..., None], query[..., None], gram], axis=-1)
        solved = jnp.linalg.solve(gram + prior[None], right)
        w, spread, hat = solved[..., 0], solved[..., 1], jnp.trace(solved[..., 2:], axis1=-2, axis2=-1)
        known = len(self.spec.noises) == 1 and self.spec.quadratic == 0.0
        s2 = strength if known else residual_variance(x, y, w, jnp.maximum(x.shape[-2] - hat, 1.0))
        return Moments(mean=(w * query).sum(-1), variance=s2 * (1.0 + (spread * query).sum(-1)))
