"""A generator trained by conditional transport: what it costs to move data to samples, and back, along learned plans.

**Source**: Zheng and Zhou, "Exploiting Chain Rule and Bayes' Theorem to Compare Probability Distributions", 2020,
https://arxiv.org/abs/2012.14100, and the authors' code, `toy_demo/training.py` (`train_ct`) and `toy_demo/main.py`.

    rho mean_x sum_y softmax_y(d) c(x, y) + (1 - rho) mean_y sum_x softmax_x(d) c(x, y)
    c = |x - y|^2,   d = MLP((x - y)^2, a square for each coordinate),   x data, y samples

**Differs from the paper**: 1. noise of 2 dimensions instead of 50. 2. a navigator of 16 and 16 SiLU units. 3. batches
of 64 fresh points. Generator and navigator both descend the cost, as in the code.

**Shapes**: b points of a batch, n points.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.flow_matching._planar import DIMS, FASTER_RATES, State, Trained, at_once, plain

NAVIGATOR = (16, 16)


class ConditionalTransport(Trained):
    """A generator and a navigator that says which sample a datum goes to."""

    rho: float = 0.5  # weight of the way from data to samples, 0 to 1; the authors' 0.5

    paper = "zheng2020exploiting"
    space = {"lr": FASTER_RATES}

    def begin(self, key: jax.Array) -> Any:
        for_generator, for_navigator = jax.random.split(key)
        point = jnp.zeros((1, DIMS))
        generator = nn.init(plain(), for_generator, point)
        return {"generator": generator, "navigator": nn.init(plain(1, NAVIGATOR), for_navigator, point)}

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        samples = plain().apply(params["generator"], jax.random.normal(key, points.shape))
        squares = (points[:, None, :] - samples[None, :, :]) ** 2  # data, samples, coordinates
        distance = plain(1, NAVIGATOR).apply(params["navigator"], squares)[..., 0]
        return transport_cost(squares.sum(-1), distance, self.rho)

    def generate(self, state: State, start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
        return at_once(start, plain().apply(state.params["generator"], start))

    def corrupt(self, state: State, points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
        return at_once(noise, points)


def transport_cost(cost: jax.Array, distance: jax.Array, rho: float | jax.Array) -> jax.Array:
    """Conditional transport of data (rows) to samples (columns) and back, by what the navigator says of each pair."""
    forward = (cost * jax.nn.softmax(distance, axis=1)).sum(1).mean()
    backward = (cost * jax.nn.softmax(distance, axis=0)).sum(0).mean()
    return rho * forward + (1 - rho) * backward
