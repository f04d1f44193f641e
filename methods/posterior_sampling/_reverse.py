"""What samplers of a composed density share: the reverse diffusion of Ho et al. (2020) in continuous time.

u runs from 1 (noise) to 0 (data), beta(u) = 0.1 + 19.9 u, dx = -beta x / 2 du + sqrt(beta) dw forwards. Steps are equal
in u and end at u = 0.001, where the noise left has a standard deviation of 0.01.

Shapes: n particles, d dimensions, s steps.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks import diffusion, mixture
from toybench.blocks.random import normals
from toybench.tasks.posterior_sampling import Target

END = 0.001  # last u


class Moment(NamedTuple):
    """A step: its time u, its length, beta, alpha and sigma, [s] each."""

    u: jax.Array
    length: jax.Array
    beta: jax.Array
    alpha: jax.Array
    sigma: jax.Array


def moments(steps: int) -> Moment:
    """Equal steps from u = 1 to END."""
    length = (1 - END) / steps
    u = 1 - length * jnp.arange(steps, dtype=jnp.float32)
    at = diffusion.level("vp", 1 - u)
    beta = diffusion.BETA_LOW + (diffusion.BETA_HIGH - diffusion.BETA_LOW) * u
    return Moment(u=u, length=jnp.full(steps, length), beta=beta, alpha=at.alpha, sigma=at.sigma)


def noises(key: jax.Array, steps: int, count: int, dims: int) -> tuple[jax.Array, jax.Array]:
    """Where to start [n, d], and noise for every step [s, n, d]."""
    drawn = normals(key, start=(count, dims), steps=(steps, count, dims))
    return drawn["start"], drawn["steps"]


def scores(target: Target, x: jax.Array, now: Moment) -> tuple[jax.Array, jax.Array]:
    """Scores [n, d] of the two noised densities."""
    first, second = target.parts
    one = mixture.score(mixture.noised(first, now.alpha, now.sigma), x)
    two = mixture.score(mixture.noised(second, now.alpha, now.sigma), x)
    return one, two


def move(x: jax.Array, total: jax.Array, noise: jax.Array, now: Moment) -> jax.Array:
    """A step of the reverse diffusion along the score `total` [n, d]."""
    drift = now.beta * (0.5 * x + total)
    return x + drift * now.length + jnp.sqrt(now.beta * now.length) * noise
