"""Flow matching between noise and data that are paired within the batch, so that ways cross less.

**Source**: Tong, Fatras, Malkin, Huguet, Zhang, Rector-Brooks, Wolf and Bengio, "Improving and Generalizing Flow-Based
Generative Models with Minibatch Optimal Transport", 2023, https://arxiv.org/abs/2302.00482: abstract.

    x_t = t x1 + (1 - t) x0,   v(x_t, t) -> x1 - x0,   x0 paired with x1 by the least sum of |x1 - x0|^2

**Differs from the paper**: 1. three sweeps of swaps of two partners instead of an exact solver. 2. no noise round
the way.

**Shapes**: b points of a batch, n points, s steps.
"""

from typing import Any

import jax

from toybench.blocks import coupling, diffusion, distances
from toybench.methods.flow_matching._planar import (
    RATES,
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

    space = {"lr": RATES}

    def begin(self, key: jax.Array) -> Any:
        return initial_field(key)

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        t, noise = times_and_noise(key, len(points))
        partner = points[coupling.pair_swaps(distances.squared_distances(noise, points), SWEEPS)]
        at = diffusion.level("ot", t).columns()
        predicted = field().apply(params, diffusion.interpolate(at, partner, noise), t)
        return ((predicted - diffusion.speed(at, partner, noise)) ** 2).sum(-1).mean()

    def generate(self, state: State, start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
        return diffusion.euler(lambda x, t: field().apply(state.params, x, t), start, even_times(calls))

    def corrupt(self, state: State, points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
        return corrupt_along("ot", points, noise, even_times(calls))
