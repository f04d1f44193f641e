"""Flow matching between noise and data that are paired within the batch, so that ways cross less.

**Source**: Tong, Fatras, Malkin, Huguet, Zhang, Rector-Brooks, Wolf and Bengio, "Improving and Generalizing Flow-Based
Generative Models with Minibatch Optimal Transport", 2023, https://arxiv.org/abs/2302.00482: abstract.

    x_t = t x1 + (1 - t) x0,   v(x_t, t) -> x1 - x0,   x0 paired with x1 by the least sum of |x1 - x0|^2

**Differs from the paper**: 1. three sweeps of swaps of two partners instead of an exact solver. 2. no noise round
the way.

**Shapes**: b points of a batch, n points, s steps.
"""

import math
from typing import Any

import jax

from toybench.blocks import coupling, diffusion, distances
from toybench.methods.flow_matching._planar import (
    DIMS,
    FASTER_RATES,
    State,
    Trained,
    corrupt_along,
    even_times,
    field,
    initial_field,
    times_and_noise,
)

SWEEPS = 3


class OTCFM(Trained):
    """A field learned on straight ways between partners of a batch."""

    space = {"lr": FASTER_RATES}

    def begin(self, key: jax.Array) -> Any:
        return initial_field(key)

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        t, noise = times_and_noise(key, len(points))
        partner = partners(noise, points)
        at = diffusion.level("ot", t).columns()
        predicted = field().apply(params, diffusion.interpolate(at, partner, noise), t)
        return ((predicted - diffusion.speed(at, partner, noise)) ** 2).sum(-1).mean()

    def generate(self, state: State, start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
        return diffusion.euler(lambda x, t: field().apply(state.params, x, t), start, even_times(calls))

    def corrupt(self, state: State, points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
        """Partners are sought among 48 at a time: in a batch of about the training's size."""
        block = math.gcd(len(points), 48)
        paired = jax.vmap(partners)(noise.reshape(-1, block, DIMS), points.reshape(-1, block, DIMS))
        return corrupt_along("ot", paired.reshape(points.shape), noise, even_times(calls))


def partners(noise: jax.Array, points: jax.Array) -> jax.Array:
    """The points [n, 2], n even, in an order in which each is near its own noise."""
    return points[coupling.pair_swaps(distances.squared_distances(noise, points), SWEEPS)]
