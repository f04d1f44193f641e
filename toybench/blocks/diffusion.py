"""Paths from noise (t = 0) to data (t = 1), x_t = alpha x1 + sigma x0, and the samplers that follow them.

Shapes: n points, d coordinates, c numbers of a condition, s steps. Times and levels are scalars, or [n] where the
points have times of their own.
"""

from collections.abc import Callable
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

BETA_LOW, BETA_HIGH = 0.1, 20.0  # rates of the linear variance-preserving path at the data's and the noise's end
SMALLEST = 1e-3  # sigma and alpha are never divided by less than this

Predictor = Callable[[jax.Array, jax.Array], jax.Array]  # points [n, d] and a time [] to [n, d]


class Level(NamedTuple):
    """A place on a path: x_t = alpha x1 + sigma x0, and the derivatives of both by t."""

    alpha: jax.Array
    sigma: jax.Array
    d_alpha: jax.Array
    d_sigma: jax.Array

    def columns(self) -> "Level":
        """The same for levels [n] of points [n, d]: each [n, 1]."""
        return Level(*(jnp.asarray(part)[..., None] for part in self))


def level(path: str, t: jax.Array) -> Level:
    """The level at time t, any shape, of the path `ot` (a straight line), `vp` (linear betas) or `cosine`.

    `vp` is Ho et al. (2020) in continuous time, beta from 0.1 to 20; `cosine` is Nichol & Dhariwal (2021) without
    their offset. Both keep alpha^2 + sigma^2 = 1.
    """
    if path == "ot":
        return Level(alpha=t, sigma=1 - t, d_alpha=jnp.ones_like(t), d_sigma=-jnp.ones_like(t))
    if path == "cosine":
        half = jnp.pi / 2
        alpha = jnp.sin(half * t)
        sigma = jnp.cos(half * t)
        return Level(alpha=alpha, sigma=sigma, d_alpha=half * sigma, d_sigma=-half * alpha)
    if path == "vp":
        return _linear_betas(1 - t)
    raise ValueError(f"path is {path!r}; take ot, vp or cosine.")


def _linear_betas(u: jax.Array) -> Level:
    """Variance preserving, at the time u = 1 - t from the data."""
    rate = BETA_LOW + (BETA_HIGH - BETA_LOW) * u
    exponent = 0.5 * (BETA_LOW * u + 0.5 * (BETA_HIGH - BETA_LOW) * u**2)
    alpha = jnp.exp(-exponent)
    sigma = jnp.sqrt(-jnp.expm1(-2 * exponent))
    d_alpha = 0.5 * rate * alpha
    return Level(alpha=alpha, sigma=sigma, d_alpha=d_alpha, d_sigma=-alpha * d_alpha / jnp.maximum(sigma, SMALLEST))


def interpolate(at: Level, x1: jax.Array, x0: jax.Array) -> jax.Array:
    """Points [n, d] on the way from noise x0 to data x1."""
    return at.alpha * x1 + at.sigma * x0


def speed(at: Level, x1: jax.Array, x0: jax.Array) -> jax.Array:
    """Velocity [n, d] of those points: what flow matching regresses on."""
    return at.d_alpha * x1 + at.d_sigma * x0


def denoised_from_noise(at: Level, x: jax.Array, noise: jax.Array) -> jax.Array:
    """The data that x holds, from a prediction of its noise."""
    return (x - at.sigma * noise) / jnp.maximum(at.alpha, SMALLEST)


def noise_from_denoised(at: Level, x: jax.Array, x1: jax.Array) -> jax.Array:
    """The noise that x holds, from a prediction of its data."""
    return (x - at.alpha * x1) / jnp.maximum(at.sigma, SMALLEST)


def velocity_from_denoised(at: Level, x: jax.Array, x1: jax.Array) -> jax.Array:
    """The field along the path from a prediction of the data, (sigma'/sigma) x + (alpha' - alpha sigma'/sigma) x1."""
    return at.d_alpha * x1 + at.d_sigma * noise_from_denoised(at, x, x1)


def velocity_from_noise(at: Level, x: jax.Array, noise: jax.Array) -> jax.Array:
    """The field along the path, from a prediction of the noise."""
    return at.d_alpha * denoised_from_noise(at, x, noise) + at.d_sigma * noise


def denoised_from_velocity(at: Level, x: jax.Array, velocity: jax.Array) -> jax.Array:
    """The data that x holds, from the field along the path."""
    turn = at.d_alpha * at.sigma - at.alpha * at.d_sigma  # above 0: alpha / sigma grows along a path
    return (at.sigma * velocity - at.d_sigma * x) / jnp.maximum(turn, SMALLEST)


def score_from_denoised(at: Level, x: jax.Array, x1: jax.Array) -> jax.Array:
    """Gradient of the log-density of x, from a prediction of the data."""
    return (at.alpha * x1 - x) / jnp.maximum(at.sigma, SMALLEST) ** 2


def euler(velocity: Predictor, x: jax.Array, times: jax.Array) -> jax.Array:
    """Path [s + 1, n, d] along the field from x [n, d], by Euler's steps between the times [s + 1]: s calls."""

    def step(x: jax.Array, ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        start, end = ends
        x = x + (end - start) * velocity(x, start)
        return x, x

    return _walk(step, x, (times[:-1], times[1:]))


def midpoint(velocity: Predictor, x: jax.Array, times: jax.Array) -> jax.Array:
    """Path [s + 1, n, d] along the field from x [n, d], by the midpoint rule between the times [s + 1]: 2 s calls."""

    def step(x: jax.Array, ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        start, end = ends
        size = end - start
        halfway = x + 0.5 * size * velocity(x, start)
        x = x + size * velocity(halfway, start + 0.5 * size)
        return x, x

    return _walk(step, x, (times[:-1], times[1:]))


def ddim(
    noise: Predictor,
    x: jax.Array,
    times: jax.Array,
    path: str,
    eta: float | jax.Array = 0.0,
    draws: jax.Array | None = None,
) -> jax.Array:
    """Path [s + 1, n, d] of Song et al. (2021), eq. 12, from x [n, d] down the levels of a path: s calls.

    Args:
      noise: prediction of the noise in x at a time.
      x: where to start.
      times: rising, [s + 1].
      path: as in `level`.
      eta: 0 is deterministic (DDIM), 1 adds the noise of ancestral sampling (DDPM) at every step.
      draws: standard normal noise [s, n, d], where eta isn't 0.
    """

    def step(x: jax.Array, now: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        start, end, fresh = now
        before = level(path, start)
        after = level(path, end)
        predicted = noise(x, start)
        ratio = before.alpha / jnp.maximum(after.alpha, SMALLEST)
        added = eta * after.sigma / jnp.maximum(before.sigma, SMALLEST) * jnp.sqrt(jnp.maximum(1 - ratio**2, 0.0))
        kept = jnp.sqrt(jnp.maximum(after.sigma**2 - added**2, 0.0))
        x = after.alpha * denoised_from_noise(before, x, predicted) + kept * predicted + added * fresh
        return x, x

    still = jnp.zeros((times.shape[0] - 1, *(1,) * x.ndim), x.dtype)
    return _walk(step, x, (times[:-1], times[1:], still if draws is None else draws))


def _walk(step: Callable[..., tuple[jax.Array, jax.Array]], x: jax.Array, inputs: tuple[jax.Array, ...]) -> jax.Array:
    _, states = jax.lax.scan(step, x, inputs)
    return jnp.concatenate([x[None], states])


def time_features(t: jax.Array) -> jax.Array:
    """Features [..., 7] of times [...]: t, and sines and cosines of pi t times 1, 2 and 4."""
    angles = jnp.pi * t[..., None] * jnp.array([1.0, 2.0, 4.0]).reshape((1,) * t.ndim + (3,))
    return jnp.concatenate([t[..., None], jnp.sin(angles), jnp.cos(angles)], -1)


class Field(nn.Module):
    """A network over points, times and conditions: SiLU layers of these widths, then d numbers a point."""

    widths: tuple[int, ...]
    dims: int

    @nn.compact
    def __call__(self, x: jax.Array, t: jax.Array, condition: jax.Array | None = None) -> jax.Array:
        """[n, dims] for points [n, d], times [n] or one for all [], and conditions [n, c], if there are any."""
        when = time_features(jnp.broadcast_to(t, x.shape[:-1]))
        parts = [x, when] if condition is None else [x, when, condition]
        hidden = jnp.concatenate(parts, -1)
        for width in self.widths:
            hidden = nn.silu(nn.Dense(width)(hidden))
        return nn.Dense(self.dims)(hidden)
