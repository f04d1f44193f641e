"""A generator that descends the energy distance between its samples and the batch.

**Source**: Szekely and Rizzo, "Energy statistics: A class of statistics based on distances", 2013, equation 5.

    2 E|x - y| - E|x - x'| - E|y - y'|,   x data, y samples

**Differs from the paper**: 1. a statistic there, a loss here (with a fixed kernel, as in generative moment matching).

**Shapes**: b points of a batch, n points.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.flow_matching._planar import DIMS, RATES, State, Trained, at_once, plain

SOFT = 1e-6  # added to squared distances: the gradient of a length is finite at 0


class EnergyGenerator(Trained):
    """A generator without an opponent."""

    space = {"lr": RATES}

    def begin(self, key: jax.Array) -> Any:
        return nn.init(plain(), key, jnp.zeros((1, DIMS)))

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        samples = plain().apply(params, jax.random.normal(key, points.shape))
        return 2 * mean_length(points, samples) - self_length(samples) - self_length(points)

    def generate(self, state: State, start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
        return at_once(start, plain().apply(state.params, start))

    def corrupt(self, state: State, points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
        return at_once(noise, points)


def lengths(x: jax.Array, y: jax.Array) -> jax.Array:
    """Distances [n, m] of all pairs, with a gradient everywhere."""
    return jnp.sqrt(((x[:, None, :] - y[None, :, :]) ** 2).sum(-1) + SOFT)


def mean_length(x: jax.Array, y: jax.Array) -> jax.Array:
    """Mean distance of a pair."""
    return lengths(x, y).mean()


def self_length(x: jax.Array) -> jax.Array:
    """Mean distance of two different points."""
    count = x.shape[0]
    return jnp.where(jnp.eye(count, dtype=bool), 0.0, lengths(x, x)).sum() / (count * (count - 1))
