"""Predict how particles that act on each other move on, from where they have been.

A learner answers one question, `predict`: the next positions of all particles of a scene, given their last ones. Who
acts on whom is hidden. The forces don't depend on the orientation of a scene, so that a good answer turns with it.

All networks see a scene alike, by `inputs`: last positions about their mean, last velocities and accelerations, an
invertible linear map over time. They answer with accelerations, which `moved` adds to constant velocity:

    x(s) = x + s v + s^2 / 2 a_s        after a time s, with a_s the network's output

Shapes: b scenes, t past frames, f future frames, n particles; space has three dimensions.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

TINY = 1e-9  # added to squares whose root has a gradient


@dataclass(frozen=True)
class Spec:
    """Sizes of a scene, and the time between two frames."""

    particles: int
    past: int
    future: int
    interval: float


class Scenes(NamedTuple):
    """Positions that a learner is shown, [b, t, n, 3], and those that it is asked for, [b, f, n, 3]."""

    past: jax.Array
    future: jax.Array


class Motion(Protocol):
    """What comes next."""

    def predict(self, state: Any, past: jax.Array, key: jax.Array) -> jax.Array:
        """Positions [b, f, n, 3] in the next frames, given those in the last ones [b, t, n, 3]."""


def constant_velocity(past: jax.Array, frames: int) -> jax.Array:
    """Positions [b, frames, n, 3] if every particle goes on as in the last interval."""
    ahead = jnp.arange(1.0, frames + 1)[None, :, None, None]
    return past[:, -1:] + ahead * (past[:, -1:] - past[:, -2:-1])


def norm(x: jax.Array) -> jax.Array:
    """Lengths [...] of vectors [..., 3], with a gradient at 0."""
    return jnp.sqrt((x**2).sum(-1) + TINY)


def mean_distance(answer: jax.Array, truth: jax.Array) -> jax.Array:
    """Mean distance between two arrays of positions [..., 3], the average displacement error."""
    return norm(answer - truth).mean()


def inputs(past: jax.Array, spec: Spec) -> jax.Array:
    """Last positions about their mean, last velocities, accelerations: [b, t, n, 3] of past frames [b, t, n, 3]."""
    velocity = (past[:, 1:] - past[:, :-1]) / spec.interval
    acceleration = (velocity[:, 1:] - velocity[:, :-1]) / spec.interval
    last = past[:, -1:]
    return jnp.concatenate([last - last.mean(2, keepdims=True), velocity[:, -1:], acceleration], 1)


def moved(past: jax.Array, accelerations: jax.Array, spec: Spec) -> jax.Array:
    """Positions [b, f, n, 3] where accelerations [b, f, n, 3] add to constant velocity."""
    after = spec.interval * jnp.arange(1.0, spec.future + 1)[None, :, None, None]
    return constant_velocity(past, spec.future) + 0.5 * after**2 * accelerations
