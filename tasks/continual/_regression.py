"""Functions to learn one after another, the task's identity given: what a learner answers, and what it is shown.

Shapes: b batch, n points of a task, t tasks, f features.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

REACH = 3.0  # inputs lie in [-REACH, REACH]


class TaskRegression(Protocol):
    """What a learner of these streams answers."""

    def value(self, state: Any, x: jax.Array, task: jax.Array) -> jax.Array:
        """The function of `task`, int32 [], at the inputs x [b]: [b]."""


@dataclass(frozen=True)
class RegressionSpec:
    """What a method may know: how many tasks, steps a task, points a task at most, and the network's hidden widths."""

    tasks: int
    length: int
    points: int
    target: tuple[int, ...]


class Points(NamedTuple):
    """A batch of the current task, x and y [b], its number and whether it starts or ends with this step; and all the
    task's training points, [n] each, `weight` 0 where there is none."""

    x: jax.Array
    y: jax.Array
    task: jax.Array
    start: jax.Array
    end: jax.Array
    all_x: jax.Array
    all_y: jax.Array
    weight: jax.Array


class RegressionWorld(NamedTuple):
    """Coefficients [t, 4], domains (centre, half width) [t, 2], points [t, n], the batches' indices [steps, b], and
    what moves: the step, and the errors [t, t] on every task after each."""

    coefficients: jax.Array
    domain: jax.Array
    x: jax.Array
    y: jax.Array
    weight: jax.Array
    picks: jax.Array
    step: jax.Array
    errors: jax.Array


def curve(coefficients: jax.Array, u: jax.Array) -> jax.Array:
    """c0 + c1 u + c2 sin(3 u) + c3 cos(3 u): coefficients [4], u [b]: [b]."""
    c = coefficients
    return c[0] + c[1] * u + c[2] * jnp.sin(3 * u) + c[3] * jnp.cos(3 * u)


def bumps(x: jax.Array) -> jax.Array:
    """Features for linear models: Gaussian bumps, narrower than the gap between disjoint domains. [b] to [b, f]."""
    centres = jnp.linspace(-REACH, REACH, 41)
    return jnp.exp(-0.5 * ((x[:, None] - centres[None, :]) / 0.2) ** 2)
