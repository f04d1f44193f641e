"""Online gradient descent on the squared loss with a step that falls like 1 / t.

**Source**: Hazan, Agarwal and Kale, "Logarithmic Regret Algorithms for Online Convex Optimization", 2007,
https://doi.org/10.1007/s10994-007-5016-8 (strongly convex losses).

    theta <- theta - eta (x . theta - y) x,   eta = min(1 / d, c / t)

**Differs from the paper**: 1. the strong convexity, here that of the expected loss, is in the tuned c (1 is right for
inputs of covariance I). 2. first steps are capped at 1 / d for stability.

**Shapes**: n instances, d dimensions.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.bandits._linear import LinearRound


class State(NamedTuple):
    """Estimates [n, d] and the number of rounds."""

    params: jax.Array
    rounds: jax.Array


class OnlineGradient(Method):
    """First order only: no design matrix."""

    c: float = 1.0  # step at round t is c / t

    deterministic = True
    space = {"c": (0.25, 0.5, 0.7, 1.0, 1.4, 2.0)}

    def init(self, key: jax.Array) -> State:
        return State(params=jnp.zeros((self.spec.instances, self.spec.dim)), rounds=jnp.zeros(()))

    def update(self, state: State, batch: LinearRound, key: jax.Array) -> State:
        error = (batch.x * state.params).sum(-1) - batch.response
        step = jnp.minimum(1 / self.spec.dim, self.c / (state.rounds + 1))
        return State(params=state.params - step * error[:, None] * batch.x, rounds=state.rounds + 1)

    def predict(self, state: State, x: jax.Array) -> jax.Array:
        return (x * state.params).sum(-1)
