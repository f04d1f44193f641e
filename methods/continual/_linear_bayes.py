"""Bayesian linear regression on fixed bumps: what the exact methods share.

Shapes: n points, f features.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.continual import bumps


class LinearBayes(Method):
    """y = w . phi(x) + noise, w ~ N(0, I / prior): natural parameters (precision, precision * mean)."""

    prior: float = 1.0  # precision of the weights' prior
    noise: float = 0.05  # standard deviation of the noise, as in the data

    deterministic = True

    def nothing(self) -> tuple[jax.Array, jax.Array]:
        """The prior: (precision [f, f], precision * mean [f])."""
        f = bumps(jnp.zeros(1)).shape[1]
        return self.prior * jnp.eye(f), jnp.zeros(f)

    def evidence(self, x: jax.Array, y: jax.Array, weight: jax.Array) -> tuple[jax.Array, jax.Array]:
        """What points [n] add to both natural parameters."""
        phi = bumps(x)
        seen = phi * (weight / self.noise**2)[:, None]
        return seen.T @ phi, seen.T @ y

    def mean_at(self, posterior: Any, x: jax.Array) -> jax.Array:
        """Posterior mean of the function, [b] to [b]."""
        precision, shift = posterior
        return bumps(x) @ jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(precision), shift)
