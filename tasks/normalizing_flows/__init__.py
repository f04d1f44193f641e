"""Fit a density with a flow whose likelihood is exact, from an energy, from samples, or from both.

A learner answers the logarithm of its density and draws from it (`Density`); what estimates a gradient is asked for
that alone (`GradientEstimator`).

Shapes: n points, d coordinates, m training samples.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks.affine_flow import Couplings

LAYERS = 6  # couplings of every flow
WIDTH = 32  # of their hidden layers
CENTRE = 1.0  # of the two Gaussians in each coordinate of the known target, at -1 and 1
VARIANCE = 0.5  # of each of them


class Density(Protocol):
    """What a learner of a density answers."""

    def log_prob(self, state: Any, x: jax.Array) -> jax.Array:
        """Logarithm of the density at points [n, d]: float [n]."""

    def sample(self, state: Any, key: jax.Array, count: int) -> jax.Array:
        """Independent draws [count, d]."""


class GradientEstimator(Protocol):
    """What an estimator of the gradient of the reverse Kullback-Leibler divergence answers."""

    def estimate(self, state: Any, flow: Couplings, noise: jax.Array) -> Couplings:
        """The gradient in all parameters of a flow to the known target, from draws of its base [n, d]."""


@dataclass(frozen=True)
class Spec:
    """What a method may know: coordinates, points a batch, training samples (0: endless), is the energy known."""

    dims: int
    batch: int
    samples: int = 0
    known: bool = False


class Batch(NamedTuple):
    """Samples of the target [b, d], and which of the training samples they are, int32 [b] (0 where they are new)."""

    x: jax.Array
    row: jax.Array


def known_log_prob(x: jax.Array) -> jax.Array:
    """Normalised logarithm of the known target's density at points [n, d]: float [n]. The energy is its negative."""
    left = -0.5 * (x + CENTRE) ** 2 / VARIANCE
    right = -0.5 * (x - CENTRE) ** 2 / VARIANCE
    return jnp.sum(jnp.logaddexp(left, right) - 0.5 * jnp.log(8 * jnp.pi * VARIANCE), axis=1)


def known_force(x: jax.Array) -> jax.Array:
    """Gradient [n, d] of the known target's log-density at points [n, d]."""
    return (CENTRE * jnp.tanh(CENTRE * x / VARIANCE) - x) / VARIANCE


def known_sample(normal: jax.Array, uniform: jax.Array) -> jax.Array:
    """Draws [n, d] of the known target from standard normal and uniform numbers [n, d]."""
    return jnp.where(uniform < 0.5, -CENTRE, CENTRE) + VARIANCE**0.5 * normal


def normal_log_prob(z: jax.Array) -> jax.Array:
    """Standard normal log-density of points [n, d]: float [n]."""
    return -0.5 * jnp.sum(z**2 + jnp.log(2 * jnp.pi), axis=1)
