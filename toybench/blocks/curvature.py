"""Curvature of a loss along directions: Hessian-vector products, the diagonal, the largest eigenvalue.

Weights and directions are pytrees of float arrays of one structure.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

Weights = Any
Loss = Callable[[Weights], jax.Array]  # weights to a float []

TINY = 1e-30  # keeps a vanished direction finite


def inner(a: Weights, b: Weights) -> jax.Array:
    """Inner product of two pytrees: float []."""
    return sum(jax.tree.leaves(jax.tree.map(lambda x, y: jnp.sum(x * y), a, b)), start=jnp.zeros(()))


def hvp(loss: Loss, weights: Weights, direction: Weights) -> Weights:
    """Hessian of the loss at the weights, times a direction."""
    return jax.jvp(jax.grad(loss), (weights,), (direction,))[1]


def signs(key: jax.Array, weights: Weights) -> Weights:
    """Independent random signs of the weights' shapes, from one draw."""
    leaves, tree = jax.tree.flatten(weights)
    sizes = [leaf.size for leaf in leaves]
    drawn = jax.random.rademacher(key, (sum(sizes),), dtype=jnp.float32)
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    parts = [drawn[end - leaf.size : end].reshape(leaf.shape) for leaf, end in zip(leaves, ends, strict=True)]
    return jax.tree.unflatten(tree, parts)


def diagonal(loss: Loss, weights: Weights, key: jax.Array) -> Weights:
    """Hutchinson's estimate of the Hessian's diagonal from one probe of random signs z: z * (H z)."""
    probe = signs(key, weights)
    return jax.tree.map(jnp.multiply, probe, hvp(loss, weights, probe))


def sharpness(loss: Loss, weights: Weights, start: Weights, iterations: int = 20) -> jax.Array:
    """The Hessian's eigenvalue of largest magnitude, by power iteration from `start`: float []."""

    def turn(_: int, direction: Weights) -> Weights:
        return unit(hvp(loss, weights, direction))

    direction = jax.lax.fori_loop(0, iterations, turn, unit(start))
    return inner(direction, hvp(loss, weights, direction))


def unit(direction: Weights) -> Weights:
    """The direction at length 1."""
    length = jnp.sqrt(jnp.maximum(inner(direction, direction), TINY))
    return jax.tree.map(lambda d: d / length, direction)
