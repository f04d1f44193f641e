"""Paths of densities from noise to data whose velocity is known exactly: which schedule, which solver, which score.

A learner answers how signal and noise change along a path and how a point is moved from one level to the next
(`Path`), or what it adds to the score of a given path (`Perturbation`). Nothing is trained: data are a mixture of equal
isotropic Gaussians (points where their spread is 0), whose posterior means are closed forms. So a difference between
two learners is one of the paths and not of networks.

Shapes: n points, d coordinates, k components.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks.diffusion import Level
from toybench.blocks.distances import mean_distance, self_distance, squared_distances

TINY = 1e-12  # keeps a variance of 0 from being divided by
PER_THOUSAND = 1e3  # energy distances are shown times this


@dataclass(frozen=True)
class Spec:
    """How many coordinates a point has."""

    dim: int


class Data(NamedTuple):
    """Equally likely Gaussians around centres [k, d], with one standard deviation [] for all; 0 makes them points."""

    centres: jax.Array
    std: jax.Array


class Parts(NamedTuple):
    """What a point x = alpha x1 + sigma x0 is made of, on average: its data E[x1 | x] and noise E[x0 | x], [n, d]."""

    clean: jax.Array
    noise: jax.Array


class Reference(NamedTuple):
    """Points [n, d] of the data, and the mean distance [] between two independent ones."""

    points: jax.Array
    spread: jax.Array


class Path(Protocol):
    """A path from noise (t = 0) to data (t = 1) and a way to follow it; `given` is the data."""

    def level(self, state: Any, t: jax.Array) -> Level:
        """Signal, noise and their derivatives at a time []."""

    def advance(self, state: Any, x: jax.Array, parts: Parts, here: Level, there: Level, step: jax.Array) -> jax.Array:
        """Points [n, d] at the next level, a time `step` later, from those here and their parts here."""


class Perturbation(Protocol):
    """What is added to the score of the variance-preserving path."""

    def extra(self, state: Any, score: jax.Array) -> jax.Array:
        """Vectors [n, d] to be added to the exact scores [n, d]."""


def midpoints(length: float, count: int) -> jax.Array:
    """Midpoints [count] of equal cells that fill the interval from 0 to a length."""
    return jnp.asarray((np.arange(count) + 0.5) * (length / count), jnp.float32)


def even(data: Data, noise: jax.Array) -> jax.Array:
    """Points [n, d] that hold equal counts of every component, from standard normal noise [n, d]."""
    component = jnp.arange(noise.shape[0]) % data.centres.shape[0]
    return data.centres[component] + data.std * noise


def parts(data: Data, x: jax.Array, alpha: jax.Array, sigma: jax.Array) -> Parts:
    """Posterior means of data and noise given points [n, d]; no denominator vanishes unless both sigma and std do."""
    variance = jnp.maximum(alpha**2 * data.std**2 + sigma**2, TINY)
    likely = jax.nn.softmax(-squared_distances(x, alpha * data.centres) / (2 * variance), axis=-1)
    centre = likely @ data.centres
    residual = (x - alpha * centre) / variance
    return Parts(clean=centre + alpha * data.std**2 * residual, noise=sigma * residual)


def velocity(at: Level, known: Parts) -> jax.Array:
    """The field [n, d] that carries the path's densities: alpha' E[x1 | x] + sigma' E[x0 | x]."""
    return at.d_alpha * known.clean + at.d_sigma * known.noise


def refer(points: jax.Array, others: jax.Array) -> Reference:
    """A reference made of two independent samples [n, d] with equal counts of every component."""
    return Reference(points=points, spread=mean_distance(points, others))


def energy_to(reference: Reference, x: jax.Array) -> jax.Array:
    """Squared energy distance, times 1000, of points [n, d] to the data; unbiased, so that it may fall below 0."""
    apart = 2 * mean_distance(x, reference.points) - self_distance(x) - reference.spread
    return PER_THOUSAND * apart
