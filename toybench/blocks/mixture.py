"""Gaussian mixtures, whose noised densities, scores, denoisers and posteriors are closed forms.

Shapes: k components, d coordinates, n points. Covariances are diagonal.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np


class Mixture(NamedTuple):
    """A mixture of Gaussians with diagonal covariances.

    Attributes:
      weights: shares of the components, 1 in all, [k].
      means: their centres [k, d].
      std: their standard deviations, any shape that broadcasts to [k, d] by its last axes ([], [k, 1], [k, d]).
    """

    weights: jax.Array
    means: jax.Array
    std: jax.Array

    @property
    def variances(self) -> jax.Array:
        """Variances [k, d]."""
        return jnp.broadcast_to(self.std, self.means.shape) ** 2


def sample(mixture: Mixture, key: jax.Array, count: int) -> tuple[jax.Array, jax.Array]:
    """Points [n, d] and the components [n] that they come from, drawn with these weights."""
    choice, noise = jax.random.split(key)
    component = _inverse(mixture.weights, jax.random.uniform(choice, (count,)))
    return _around(mixture, component, noise), component


def sample_evenly(mixture: Mixture, key: jax.Array, count: int) -> tuple[jax.Array, jax.Array]:
    """Points [n, d] and components [n] whose counts follow the weights to within one: a reference with less noise."""
    component = _inverse(mixture.weights, (jnp.arange(count, dtype=jnp.float32) + 0.5) / count)
    return _around(mixture, component, key), component


def _inverse(weights: jax.Array, uniform: jax.Array) -> jax.Array:
    ends = jnp.cumsum(weights) / weights.sum()
    found = jnp.searchsorted(ends, uniform, side="right", method="compare_all")
    return jnp.minimum(found, weights.shape[0] - 1)


def _around(mixture: Mixture, component: jax.Array, key: jax.Array) -> jax.Array:
    means = mixture.means[component]
    return means + jnp.sqrt(mixture.variances)[component] * jax.random.normal(key, means.shape)


def log_components(mixture: Mixture, x: jax.Array) -> jax.Array:
    """Logarithms [n, k] of weight times density of each component at the points [n, d]."""
    variances = mixture.variances
    residual = x[:, None, :] - mixture.means[None, :, :]
    squares = (residual**2 / variances[None, :, :]).sum(-1)
    volume = jnp.log(2 * jnp.pi * variances).sum(-1)
    return jnp.log(mixture.weights)[None, :] - 0.5 * (squares + volume[None, :])


def log_density(mixture: Mixture, x: jax.Array) -> jax.Array:
    """Log-density [n] at the points [n, d]."""
    return jax.nn.logsumexp(log_components(mixture, x), axis=-1)


def responsibilities(mixture: Mixture, x: jax.Array) -> jax.Array:
    """Probabilities [n, k] of the components given the points [n, d]."""
    return jax.nn.softmax(log_components(mixture, x), axis=-1)


def score(mixture: Mixture, x: jax.Array) -> jax.Array:
    """Gradient [n, d] of the log-density at the points [n, d]."""
    pull = (mixture.means[None, :, :] - x[:, None, :]) / mixture.variances[None, :, :]
    return jnp.einsum("nk,nkd->nd", responsibilities(mixture, x), pull)


def noised(mixture: Mixture, alpha: float | jax.Array, sigma: float | jax.Array) -> Mixture:
    """The law of alpha x + sigma noise, for x of the mixture and standard normal noise; alpha and sigma are scalars."""
    variances = alpha**2 * mixture.variances + sigma**2
    return mixture._replace(means=alpha * mixture.means, std=jnp.sqrt(variances))


def denoised(mixture: Mixture, x: jax.Array, alpha: float | jax.Array, sigma: float | jax.Array) -> jax.Array:
    """Mean [n, d] of the mixture's point, given x [n, d], alpha (a scalar) times it plus sigma (a scalar) noise."""
    law = noised(mixture, alpha, sigma)
    gain = alpha * mixture.variances / law.variances
    each = mixture.means[None, :, :] + gain[None, :, :] * (x[:, None, :] - law.means[None, :, :])
    return jnp.einsum("nk,nkd->nd", responsibilities(law, x), each)


def observed(mixture: Mixture, y: jax.Array, mask: jax.Array, noise: float) -> Mixture:
    """The law of x given y = x + noise on the coordinates where the mask [d] is 1; y [d] elsewhere is not looked at."""
    variances = mixture.variances
    precision = mask / noise**2
    posterior = 1 / (1 / variances + precision[None, :])
    means = posterior * (mixture.means / variances + precision[None, :] * y[None, :])
    spread = variances + noise**2
    misfit = (y[None, :] - mixture.means) ** 2 / spread + jnp.log(spread)
    evidence = -0.5 * jnp.where(mask[None, :] > 0, misfit, 0.0).sum(-1)
    return Mixture(weights=jax.nn.softmax(jnp.log(mixture.weights) + evidence), means=means, std=jnp.sqrt(posterior))


def tilted(mixture: Mixture, slope: jax.Array, temperature: float | jax.Array) -> tuple[Mixture, jax.Array]:
    """The law in proportion to density times exp(slope . x / temperature), and the logarithm of the normaliser."""
    direction = slope / temperature
    variances = mixture.variances
    gains = mixture.means @ direction + 0.5 * variances @ direction**2
    logits = jnp.log(mixture.weights) + gains
    means = mixture.means + variances * direction[None, :]
    return mixture._replace(weights=jax.nn.softmax(logits), means=means), jax.nn.logsumexp(logits)


def lattice(low: float, high: float, count: int) -> tuple[np.ndarray, float]:
    """Midpoints [count^2, 2] of equal cells that fill the square [low, high]^2, float32, and the area of one."""
    step = (high - low) / count
    ticks = low + step * (np.arange(count) + 0.5)
    points = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), -1).reshape(-1, 2)
    return points.astype(np.float32), step**2
