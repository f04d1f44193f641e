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
from toybench.methods.posterior_sampling._ladder import ancestral, noises, rungs
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


def descend(spec: MeasuredSpec, params: Any, y: jax.Array, gammas: jax.Array, key: jax.Array, count: int) -> jax.Array:
    """Samples [n, d] given y [m], by ancestral steps down the levels gamma [s, d], the noisiest first."""
    alpha = jnp.sqrt(jnp.clip(gammas, LOWEST, HIGHEST))
    sigma = jnp.sqrt(1 - alpha**2)
    last = jnp.zeros_like(alpha[:1])
    steps = rungs(
        alpha=alpha,
        sigma=sigma,
        next_alpha=jnp.concatenate([alpha[1:], last + 1]),
        next_sigma=jnp.concatenate([sigma[1:], last]),
    )

    def step(x: jax.Array, now: Any) -> tuple[jax.Array, None]:
        rung, noise = now
        rung = jax.tree.map(lambda part: part[None, :], rung)
        eps = predict(spec, params, x, y[None, :], rung.alpha**2)
        x1 = jnp.clip((x - rung.sigma * eps) / rung.alpha, -REACH, REACH)
        return ancestral(x1, x, noise, rung), None

    first, noise = noises(key, gammas.shape[0], count, spec.dims)
    x, _ = jax.lax.scan(step, first, (steps, noise))
    return x
