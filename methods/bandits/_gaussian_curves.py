"""What the Gaussian-process optimisers of curves share: conditioning on what was seen, and expected improvement.

Shapes: b curves, k grid points, l looks.
"""

import abc
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.bandits._curves import best_seen, expected_improvement, greedy, sampled
from toybench.tasks.bandits.related_curves import NOISE


class GaussianCurves(Method, abc.ABC):
    """A subclass gives mean [k] and covariance [k, k] of a curve."""

    @abc.abstractmethod
    def moments(self, state: Any) -> tuple[jax.Array, jax.Array]:
        """(mean [k], covariance [k, k]) of a curve before anything is seen."""

    def explore(self, state: Any, seen: jax.Array, values: jax.Array, key: jax.Array) -> jax.Array:
        """Random candidates: curves of training are known everywhere, and where it looks teaches it nothing."""
        return sampled(0.0 * seen, seen, key)

    def propose(self, state: Any, seen: jax.Array, values: jax.Array, key: jax.Array) -> jax.Array:
        prior, covariance = self.moments(state)
        mean, variance = condition(prior, covariance, seen, values, self.spec.looks)
        gain = expected_improvement(mean, jnp.sqrt(variance), best_seen(seen, values))
        return greedy(gain, seen)


def condition(
    prior: jax.Array, covariance: jax.Array, seen: jax.Array, values: jax.Array, looks: int
) -> tuple[jax.Array, jax.Array]:
    """Posterior means and variances [b, k], by one rank-one step for each point seen."""
    mask, where = jax.lax.top_k(seen, looks)
    observed = jnp.take_along_axis(values, where, axis=1)

    def one(mask: jax.Array, where: jax.Array, observed: jax.Array) -> tuple[jax.Array, jax.Array]:
        def step(carry: tuple, x: tuple) -> tuple:
            mean, cov = carry
            on, i, y = x
            gain = on * cov[i] / (cov[i, i] + NOISE**2)
            return (mean + gain * (y - mean[i]), cov - gain[:, None] * cov[i][None, :]), None

        (mean, cov), _ = jax.lax.scan(step, (prior, covariance), (mask, where, observed))
        return mean, jnp.maximum(jnp.diagonal(cov), 1e-8)

    return jax.vmap(one)(mask, where, observed)
