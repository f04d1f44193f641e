"""Losses and targets that learners of values and policies share.

Shapes: b items, m atoms, q quantiles, T steps, n environments, k numbers of an action; leading axes where "..." stands.
"""

from typing import Any

import jax
import jax.numpy as jnp

LOG_2PI = 1.8378770664093453
LOG_2 = 0.6931471805599453


def _aligned(x: jax.Array, like: jax.Array) -> jax.Array:
    """x with axes of size 1 in front, as many as `like` has more."""
    return x.reshape((1,) * (like.ndim - x.ndim) + x.shape)


def track(target: Any, online: Any, rate: float | jax.Array) -> Any:
    """Target parameters after a step of `rate` towards the online ones (1: a copy)."""
    return jax.tree.map(lambda old, new: old + rate * (new - old), target, online)


def expectile(error: jax.Array, level: float | jax.Array) -> jax.Array:
    """Squared errors [...] (target less estimate), weighted by `level` above 0 and by its complement below."""
    return jnp.where(error > 0, level, 1 - level) * error**2


def quantile_huber(quantiles: jax.Array, targets: jax.Array, kappa: float = 1.0) -> jax.Array:
    """The quantile regression loss [...] of quantiles [..., q], at the middles of q equal shares, for targets [..., t].

    Dabney et al. (2018), equation 10: absolute errors, quadratic below kappa; sum over quantiles, mean over targets.
    """
    count = quantiles.shape[-1]
    share = (jnp.arange(count, dtype=quantiles.dtype) + 0.5) / count
    error = targets[..., None, :] - quantiles[..., :, None]
    size = jnp.abs(error)
    huber = jnp.where(size <= kappa, 0.5 * error**2, kappa * (size - 0.5 * kappa)) / kappa
    weight = jnp.where(error < 0, _aligned(1 - share[:, None], error), _aligned(share[:, None], error))
    return (weight * huber).mean(-1).sum(-1)


def categorical_projection(atoms: jax.Array, targets: jax.Array, law: jax.Array) -> jax.Array:
    """The law [..., m] of `targets` [..., m] with chances [..., m] on evenly spaced atoms [m].

    Bellemare et al. (2017), equation 7: what lies between two atoms is shared between them, means are kept inside.
    """
    spacing = atoms[1] - atoms[0]
    place = jnp.clip(targets, atoms[0], atoms[-1])[..., None]
    place = (place - _aligned(atoms, place)) / spacing
    return (jnp.clip(1 - jnp.abs(place), 0.0, 1.0) * law[..., None]).sum(-2)


def two_hot(x: jax.Array, atoms: jax.Array) -> jax.Array:
    """The law [..., m] on two neighbouring atoms [m] whose mean is x [...]."""
    return categorical_projection(atoms, x[..., None], jnp.ones_like(x)[..., None])


def advantages(
    rewards: jax.Array, values: jax.Array, going: jax.Array, discount: float, decay: float | jax.Array
) -> jax.Array:
    """Generalised advantages [T, n] (Schulman et al., 2016) of rewards [T, n] and values [T + 1, n].

    `going` [T, n] is 0 where the episode ended with this step.
    """
    errors = rewards + discount * going * values[1:] - values[:-1]

    def back(ahead: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        ahead = step[0] + discount * decay * step[1] * ahead
        return ahead, ahead

    return jax.lax.scan(back, jnp.zeros_like(errors[0]), (errors, going), reverse=True)[1]


def ppo_loss(log_ratio: jax.Array, advantage: jax.Array, clip: float | jax.Array) -> jax.Array:
    """The clipped surrogate loss [] (Schulman et al., 2017, equation 7), the mean over all items [...]."""
    ratio = jnp.exp(log_ratio)
    return -jnp.minimum(ratio * advantage, jnp.clip(ratio, 1 - clip, 1 + clip) * advantage).mean()


def gaussian_log_density(x: jax.Array, mean: jax.Array, log_sd: jax.Array) -> jax.Array:
    """Log density [...] of x [..., k] under independent normals."""
    z = (x - mean) * jnp.exp(-log_sd)
    return -(0.5 * z**2 + log_sd + 0.5 * LOG_2PI).sum(-1)


def squashed(mean: jax.Array, log_sd: jax.Array, noise: jax.Array) -> tuple[jax.Array, jax.Array]:
    """An action [..., k] in (-1, 1), tanh of a normal draw, and its log density [...]; gradients flow through both."""
    raw = mean + jnp.exp(log_sd) * noise
    slope = 2 * (LOG_2 - raw - jax.nn.softplus(-2 * raw))  # log of 1 - tanh(raw)^2
    return jnp.tanh(raw), gaussian_log_density(raw, mean, log_sd) - slope.sum(-1)
