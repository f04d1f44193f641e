"""What amortised samplers of a posterior share: a network that predicts noise, and the sampler that follows it.

gamma = alpha^2 is the signal's share at a level, one number for each coordinate. The network sees the noisy point, the
measurement, and ((logit gamma) + 10) / 20 of every coordinate. Both methods train and sample it alike; they differ in
where gamma comes from.

    loss = mean |eps - network(sqrt(gamma) x + sqrt(1 - gamma) eps, y, gamma)|^2

Shapes: b pairs, n samples, d dimensions, m numbers of a measurement, s steps.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.blocks.diffusion import Field
from toybench.blocks.random import normals
from toybench.tasks.posterior_sampling import MeasuredSpec

LOWEST = 1e-6  # gamma is clipped to [LOWEST, HIGHEST], as in the code of Della Maggiora et al. (2024)
HIGHEST = 0.99999
REACH = 4.0  # denoised points are clipped to [-REACH, REACH], as images are to [-1, 1]: four deviations of the means
WIDTHS = (64, 64, 64)


class Draws(NamedTuple):
    """Times in (0, 1) from data to noise [b], and noise [b, d]."""

    time: jax.Array
    noise: jax.Array


def draws(key: jax.Array, count: int, dims: int) -> Draws:
    """What a batch of pairs is corrupted with."""
    drawn = normals(key, time=(count,), noise=(count, dims))
    return Draws(time=jax.scipy.stats.norm.cdf(drawn["time"]), noise=drawn["noise"])


def network(spec: MeasuredSpec) -> Field:
    """The noise predictor: points [n, d] and a condition [n, m + d]."""
    return Field(widths=WIDTHS, dims=spec.dims)


def start(spec: MeasuredSpec, key: jax.Array) -> Any:
    """Its parameters before training."""
    one = jnp.zeros((1, spec.dims))
    return nn.init(network(spec), key, one, jnp.zeros(1), jnp.zeros((1, spec.measured + spec.dims)))


def predict(spec: MeasuredSpec, params: Any, x: jax.Array, y: jax.Array, gamma: jax.Array) -> jax.Array:
    """Noise [n, d] in points [n, d], given y and gamma that broadcast to [n, m] and [n, d]."""
    share = jnp.clip(gamma, LOWEST, HIGHEST)
    level = jnp.broadcast_to((jnp.log(share / (1 - share)) + 10) / 20, x.shape)
    condition = jnp.concatenate([jnp.broadcast_to(y, (x.shape[0], y.shape[-1])), level], -1)
    return network(spec).apply(params, x, level.mean(-1), condition)


def corrupt(x: jax.Array, noise: jax.Array, gamma: jax.Array) -> jax.Array:
    """Points [b, d] at the level gamma, which broadcasts to [b, d]."""
    return jnp.sqrt(gamma) * x + jnp.sqrt(1 - gamma) * noise


def denoising_loss(spec: MeasuredSpec, params: Any, x: jax.Array, y: jax.Array, gamma: jax.Array, noise: Any) -> Any:
    """Mean squared error of the predicted noise."""
    return ((predict(spec, params, corrupt(x, noise, gamma), y, gamma) - noise) ** 2).mean()


class Level(NamedTuple):
    """gamma at a level and at the next one, less noisy, [s, d] each; a gamma of 1 is the data."""

    gamma: jax.Array
    following: jax.Array


def ancestral(x: jax.Array, eps: jax.Array, noise: jax.Array, level: Level) -> jax.Array:
    """One ancestral step of points [n, d] for gammas [d] (Ho et al., 2020, equations 6 and 7)."""
    gamma = level.gamma[None, :]
    following = level.following[None, :]
    beta = 1 - gamma / following
    x1 = jnp.clip((x - jnp.sqrt(1 - gamma) * eps) / jnp.sqrt(gamma), -REACH, REACH)
    left = (1 - following) / (1 - gamma)
    mean = jnp.sqrt(following) * beta / (1 - gamma) * x1 + jnp.sqrt(1 - beta) * left * x
    return mean + jnp.sqrt(left * beta) * noise


def descend(spec: MeasuredSpec, params: Any, y: jax.Array, gammas: jax.Array, key: jax.Array, count: int) -> jax.Array:
    """Samples [n, d] given y [m], by ancestral steps down the levels gamma [s, d], the noisiest first."""
    gamma = jnp.clip(gammas, LOWEST, HIGHEST)
    levels = Level(gamma=gamma, following=jnp.concatenate([gamma[1:], jnp.ones_like(gamma[:1])]))

    def step(x: jax.Array, now: tuple[Level, jax.Array]) -> tuple[jax.Array, None]:
        level, noise = now
        eps = predict(spec, params, x, y[None, :], level.gamma[None, :])
        return ancestral(x, eps, noise, level), None

    drawn = normals(key, start=(count, spec.dims), steps=(gammas.shape[0], count, spec.dims))
    x, _ = jax.lax.scan(step, drawn["start"], (levels, drawn["steps"]))
    return x
