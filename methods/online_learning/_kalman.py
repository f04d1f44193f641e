"""A constant-velocity Kalman filter along the path of gradient descent, and its prediction rolled forward."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.tasks.online_learning import Run


class Lines(NamedTuple):
    """The line chosen for each run, [n, d + 1]."""

    params: jax.Array


def filtered(path: jax.Array, process: Any) -> tuple[jax.Array, jax.Array]:
    """Weights and their velocity, [n, d + 1] each, after the last step of a path [n, k + 1, d + 1].

    Each weight is a state (w, w') of its own: w moves by w' a step, w' is pushed by white noise of variance `process`,
    and w is seen with noise of variance 1. It starts at the path's start, both with variance 1.
    """
    ahead = jnp.array([[1.0, 1.0], [0.0, 1.0]])
    push = process * jnp.array([[0.25, 0.5], [0.5, 1.0]])

    def step(state: tuple[jax.Array, jax.Array], seen: jax.Array) -> tuple[tuple[jax.Array, jax.Array], None]:
        mean, covariance = state
        mean = mean @ ahead.T
        covariance = ahead @ covariance @ ahead.T + push
        gain = covariance[:, 0] / (covariance[0, 0] + 1)
        mean = mean + (seen - mean[..., 0])[..., None] * gain[None, None]
        return (mean, covariance - jnp.outer(gain, covariance[0])), None

    first = jnp.stack([path[:, 0], jnp.zeros_like(path[:, 0])], axis=-1)
    (mean, _), _ = jax.lax.scan(step, (first, jnp.eye(2)), jnp.moveaxis(path[:, 1:], 1, 0))
    return mean[..., 0], mean[..., 1]


def roll(weights: jax.Array, velocity: jax.Array, horizon: int) -> jax.Array:
    """The next lines [n, horizon, d + 1] at this velocity."""
    ahead = jnp.arange(1, horizon + 1, dtype=weights.dtype)
    return weights[:, None] + ahead[None, :, None] * velocity[:, None]


def seen_losses(run: Run, lines: jax.Array) -> jax.Array:
    """Mean squared error [n, h] of lines [n, h, d + 1] on the points that the run saw."""
    predicted = jnp.einsum("nmd,nhd->nhm", run.x, lines)
    return ((predicted - run.y[:, None]) ** 2).mean(-1)


def choose(lines: jax.Array, index: jax.Array) -> jax.Array:
    """Of each run's lines [n, h, d + 1] the one with this index [n]."""
    return jnp.take_along_axis(lines, index[:, None, None], axis=1)[:, 0]
