"""Separable linear classification, task after task: what a learner answers, and projections onto margin sets.

Shapes: n points of a task, t tasks, d dimensions.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


class Separator(Protocol):
    """What a learner of these streams answers."""

    def separator(self, state: Any) -> jax.Array:
        """The current weights, scaled so that margin 1 is what a task asks for: [d]."""


@dataclass(frozen=True)
class SeparableSpec:
    """What a method may know: tasks, points of each and dimensions."""

    tasks: int
    points: int
    dims: int


class SignedPoints(NamedTuple):
    """The current task: its points times their labels, [n, d], and its number."""

    z: jax.Array
    task: jax.Array


def project(w: jax.Array, z: jax.Array, sweeps: int) -> jax.Array:
    """The nearest point to w [d] with z v >= 1 for all rows of z [n, d]: dual coordinate ascent (Hildreth)."""
    gram = z @ z.T

    def visit(i: jax.Array, duals: jax.Array) -> jax.Array:
        i = i % len(z)
        short = 1 - z[i] @ w - gram[i] @ duals
        return duals.at[i].set(jnp.maximum(0.0, duals[i] + short / jnp.maximum(gram[i, i], 1e-12)))

    duals = jax.lax.fori_loop(0, sweeps * len(z), visit, jnp.zeros(len(z)))
    return w + z.T @ duals
