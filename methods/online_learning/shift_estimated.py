"""Gradient descent whose step sizes follow the drift that its own residuals show.

**Source**: Fahrbach, Javanmard, Mirrokni and Worah, "Learning Rate Schedules in the Presence of Distribution Shift",
2023, https://arxiv.org/abs/2303.15634 (abstract and introduction could be read); the estimate is ours.

    m <- (1 - memory) m + memory (y - w . x)^2,    v = max(m - sigma^2, 0)
    eta = v / (v (d + 2) + d sigma^2),    w <- w + eta (y - w . x) x

**Differs from the paper**: 1. the error v is estimated, as E (y - w . x)^2 = v + sigma^2, and not computed from a known
drift. 2. m starts at E |theta_0|^2 + sigma^2, and an example counts in its own step.

**Shapes**: n streams, d dimensions.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.online_learning._tracking import follow, residuals
from toybench.tasks.online_learning import DriftSpec, Example


class State(NamedTuple):
    """Weights [n, d], and the mean of squared residuals of each stream, [n]."""

    params: jax.Array
    squares: jax.Array


class ShiftEstimated(Method):
    """Told the noise and the first spread, not the drift."""

    memory: float = 0.05  # weight of the last squared residual, 0 to 1

    paper = "fahrbach2023learning"
    deterministic = True
    space = {"memory": (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)}

    def init(self, key: jax.Array) -> State:
        spec: DriftSpec = self.spec
        first = spec.dim * spec.spread**2 + spec.noise**2
        return State(params=jnp.zeros((spec.streams, spec.dim)), squares=jnp.full(spec.streams, first))

    def update(self, state: State, batch: Example, key: jax.Array) -> State:
        spec: DriftSpec = self.spec
        residual = residuals(state.params, batch.x, batch.y)
        squares = (1 - self.memory) * state.squares + self.memory * residual**2
        v = jnp.maximum(squares - spec.noise**2, 0.0)
        eta = v / (v * (spec.dim + 2) + spec.dim * spec.noise**2)
        return State(params=follow(state.params, batch.x, batch.y, eta[:, None]), squares=squares)

    def weights(self, state: State) -> jax.Array:
        return state.params
