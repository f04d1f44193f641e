"""Gradient descent whose step sizes are the best ones for a known drift.

**Source**: Fahrbach, Javanmard, Mirrokni and Worah, "Learning Rate Schedules in the Presence of Distribution Shift",
2023, https://arxiv.org/abs/2303.15634 (abstract and introduction could be read; the recursion is derived here).

    eta = v / (v (d + 2) + d sigma^2),    w <- w + eta (y - w . x) x
    v <- v (1 - 2 eta + eta^2 (d + 2)) + eta^2 d sigma^2 + d gamma_t^2,    v_0 = E |theta_0|^2

**Differs from the paper**: 1. the exact recursion for Gaussian inputs in rounds, where the paper solves a stochastic
differential equation; both agree for small steps. 2. linear regression only.

**Shapes**: n streams, d dimensions.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.online_learning._tracking import follow
from toybench.tasks.online_learning import DriftSpec, Example


class State(NamedTuple):
    """Weights [n, d], their expected squared error, and the round."""

    params: jax.Array
    error: jax.Array
    seen: jax.Array


class ShiftAdaptive(Method):
    """Told the law: noise, first spread, and when and how far the weights walk."""

    paper = "fahrbach2023learning"
    deterministic = True

    def init(self, key: jax.Array) -> State:
        spec: DriftSpec = self.spec
        weights = jnp.zeros((spec.streams, spec.dim))
        return State(params=weights, error=jnp.asarray(spec.dim * spec.spread**2), seen=jnp.zeros(()))

    def update(self, state: State, batch: Example, key: jax.Array) -> State:
        spec: DriftSpec = self.spec
        v = state.error
        noise = spec.dim * spec.noise**2
        eta = v / (v * (spec.dim + 2) + noise)
        walking = (state.seen >= spec.start) & (state.seen < spec.end)
        walk = spec.dim * spec.drift**2 * walking.astype(v.dtype)
        after = v * (1 - 2 * eta + eta**2 * (spec.dim + 2)) + eta**2 * noise + walk
        weights = follow(state.params, batch.x, batch.y, eta)
        return State(params=weights, error=after, seen=state.seen + 1)

    def weights(self, state: State) -> jax.Array:
        return state.params
