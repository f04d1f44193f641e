"""Streams side by side, each followed by gradient descent."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp


class Tracked(NamedTuple):
    """Weights [n, d], and the number of examples seen of each stream."""

    params: jax.Array
    seen: jax.Array


def start(streams: int, dim: int) -> Tracked:
    """Weights 0."""
    return Tracked(params=jnp.zeros((streams, dim)), seen=jnp.zeros(()))


def residuals(weights: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    """What the labels [n] have beyond their prediction from the inputs [n, d]."""
    return y - (weights * x).sum(-1)


def follow(weights: jax.Array, x: jax.Array, y: jax.Array, rate: Any) -> jax.Array:
    """Weights [n, d] after a gradient step on half the squared errors, with a rate [] or [n, 1]."""
    return weights + rate * residuals(weights, x, y)[:, None] * x
