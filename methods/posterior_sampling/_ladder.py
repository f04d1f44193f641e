"""What diffusion samplers of a posterior share: levels from noise to data, the ancestral step, the residual.

Levels are those of Ho et al. (2020) in continuous time (`vp`), times uniform. With alpha, sigma at a level and
alpha', sigma' at the next one, beta = 1 - alpha^2 / alpha'^2, an ancestral (DDPM) step is

    x <- c1 x1 + c2 x + c3 noise,   c1 = alpha' beta / sigma^2,  c2 = (alpha / alpha') (sigma' / sigma)^2,
                                    c3 = sigma' sqrt(beta) / sigma

where x1 is the denoised x. The last level is the data: alpha' = 1, sigma' = 0, so c1 = 1, c2 = c3 = 0.

Shapes: n samples, d dimensions, m numbers of a measurement, s steps.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks import diffusion, mixture
from toybench.blocks.random import normals
from toybench.tasks.posterior_sampling import Measured

TINY = 1e-8  # added where a gradient's norm divides


class Rung(NamedTuple):
    """A step from one level to the next: their alphas and sigmas, and the factors of the ancestral step, [s] each."""

    alpha: jax.Array
    sigma: jax.Array
    next_alpha: jax.Array
    next_sigma: jax.Array
    denoised: jax.Array
    state: jax.Array
    noise: jax.Array


def ladder(steps: int) -> Rung:
    """Steps from noise (time 0) to data (time 1) at uniform times."""
    at = diffusion.level("vp", jnp.arange(steps, dtype=jnp.float32) / steps)
    data = jnp.ones(1)
    next_alpha = jnp.concatenate([at.alpha[1:], data])
    next_sigma = jnp.concatenate([at.sigma[1:], 1 - data])
    beta = 1 - at.alpha**2 / next_alpha**2
    return Rung(
        alpha=at.alpha,
        sigma=at.sigma,
        next_alpha=next_alpha,
        next_sigma=next_sigma,
        denoised=next_alpha * beta / at.sigma**2,
        state=at.alpha / next_alpha * (next_sigma / at.sigma) ** 2,
        noise=next_sigma * jnp.sqrt(beta) / at.sigma,
    )


def noises(key: jax.Array, steps: int, count: int, dims: int) -> tuple[jax.Array, jax.Array]:
    """Where to start [n, d], and noise for every step [s, n, d]."""
    drawn = normals(key, start=(count, dims), steps=(steps, count, dims))
    return drawn["start"], drawn["steps"]


def denoise(problem: Measured, x: jax.Array, rung: Rung) -> jax.Array:
    """The prior's denoised points [n, d]: one call of the network."""
    return mixture.denoised(problem.prior, x, rung.alpha, rung.sigma)


def ancestral(x1: jax.Array, x: jax.Array, noise: jax.Array, rung: Rung) -> jax.Array:
    """One ancestral step."""
    return rung.denoised * x1 + rung.state * x + rung.noise * noise


def distance(problem: Measured, operator: str, x1: jax.Array, y: jax.Array) -> jax.Array:
    """Norms [n] of y - f(x1), with a gradient of 0 where they are 0."""
    squares = ((y[None, :] - problem.operate(operator, x1)) ** 2).sum(-1)
    return jnp.sqrt(squares + TINY**2)


def rms(x: jax.Array) -> jax.Array:
    """Root mean squares [n, 1] of rows [n, d]."""
    return jnp.sqrt((x**2).mean(-1, keepdims=True))
