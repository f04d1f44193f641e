"""Closed-form learners whose prediction is linear in the query.

Shapes: b prompts, n context pairs, d inputs.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.in_context._regression import Moments

SMALLEST_VARIANCE = 1e-2  # keeps a perfect fit to the context from claiming certainty


def residual_variance(x: jax.Array, y: jax.Array, weights: jax.Array, freedom: Any = None) -> jax.Array:
    """Residual sum of squares on the context over the degrees of freedom left (n by default), [b]."""
    rss = ((y - jnp.einsum("bnd,bd->bn", x, weights)) ** 2).sum(-1)
    return jnp.maximum(rss / (y.shape[-1] if freedom is None else freedom), SMALLEST_VARIANCE)


class WeightEstimator(Method):
    """Estimates weights from the context; the variance is the context's residual variance. Nothing is learned."""

    deterministic = True

    def weights(self, x: jax.Array, y: jax.Array) -> jax.Array:
        """Weights [b, d] from x [b, n, d] and y [b, n]."""
        raise TypeError(f"{self.name} estimates no weights; give it a method `weights`.")

    def regress(self, state: Any, x: jax.Array, y: jax.Array, query: jax.Array) -> Moments:
        w = self.weights(x, y)
        return Moments(mean=(w * query).sum(-1), variance=residual_variance(x, y, w))
