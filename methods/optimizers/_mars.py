"""MARS: a gradient corrected by how it changed, then AdamW. What the stored and the exact form share."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Weights
from toybench.methods.optimizers._parts import EPS

CLIP = 1.0  # largest Frobenius norm of a corrected gradient
VECTOR_BETAS = (0.9, 0.95)  # AdamW's, for vectors


class Averages(NamedTuple):
    """Running means of the corrected gradient and of its square, what came before, and gradients seen, float []."""

    mean: Weights
    square: Weights
    before: Weights
    seen: jax.Array


def corrected(gradient: jax.Array, old: jax.Array, gamma: float, b1: float) -> jax.Array:
    """c = g + gamma b1 / (1 - b1) (g - old), at most 1 long; a vector's gradient as it is."""
    if gradient.ndim < 2:
        return gradient
    moved = gradient + gamma * b1 / (1 - b1) * (gradient - old)
    return moved / jnp.maximum(jnp.linalg.norm(moved) / CLIP, 1.0)


def direction(
    slots: Averages, gradient: Weights, old: Weights, before: Weights, gamma: float, betas: tuple[float, float]
) -> tuple[Weights, Averages]:
    """(direction, memory): AdamW of the corrected gradient; `before` is kept for the next update."""
    b1, b2 = betas
    seen = slots.seen + 1
    first = jax.tree.map(lambda g: b1 if g.ndim > 1 else VECTOR_BETAS[0], gradient)
    second = jax.tree.map(lambda g: b2 if g.ndim > 1 else VECTOR_BETAS[1], gradient)
    told = jax.tree.map(lambda g, o: corrected(g, o, gamma, b1), gradient, old)
    mean = jax.tree.map(lambda m, c, b: b * m + (1 - b) * c, slots.mean, told, first)
    square = jax.tree.map(lambda v, c, b: b * v + (1 - b) * c**2, slots.square, told, second)
    step = jax.tree.map(
        lambda m, v, b, d: m / (1 - b**seen) / (jnp.sqrt(v / (1 - d**seen)) + EPS), mean, square, first, second
    )
    return step, Averages(mean=mean, square=square, before=before, seen=seen)


def blank(weights: Weights, before: Weights) -> Averages:
    """Nothing seen."""
    zero = jax.tree.map(jnp.zeros_like, weights)
    return Averages(mean=zero, square=zero, before=before, seen=jnp.zeros(()))
