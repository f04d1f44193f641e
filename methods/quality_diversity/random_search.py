"""Fresh random weights at every step; the best rewarded are kept.

**Source**: none; the humble control.

    theta ~ N(0, sd^2 I)

**Differs from the paper**: nothing.

**Shapes**: m proposals, w weights.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.quality_diversity import Outcome


class State(NamedTuple):
    """The best rewarded policy so far [w], and its reward []."""

    params: jax.Array
    reward: jax.Array


class RandomSearch(Method):
    """Learns nothing for its next proposals."""

    sd: float = 1.0  # standard deviation of a weight, above 0

    deterministic = True
    space = {"sd": (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0)}

    def init(self, key: jax.Array) -> State:
        return State(params=jnp.zeros(self.spec.weights), reward=jnp.full((), -1.0))

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        return self.sd * jax.random.normal(key, (self.spec.proposals, self.spec.weights))

    def update(self, state: State, batch: Outcome, key: jax.Array) -> State:
        at = batch.reward.argmax()
        best = batch.reward[at]
        params = jnp.where(best > state.reward, batch.theta[at], state.params)
        return State(params=params, reward=jnp.maximum(state.reward, best))
