"""MAP-Elites: the best policy of every cell of a hand-made space, mutated at random.

**Source**: Mouret and Clune, "Illuminating Search Spaces by Mapping Elites", 2015, https://arxiv.org/abs/1504.04909,
from memory; what a reviewer asks for.

    theta = elite of a random occupied cell + sd noise;  an elite is replaced where the reward is at least as large

**Differs from the paper**: 1. the first step is random weights.

**Shapes**: m proposals, w weights, c = 16 x 16 cells of the hand's place.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.tasks.policy_search import Outcome, SearchSpec

SIDE = 16  # cells of the grid on [-1, 1]^2, a side


class State(NamedTuple):
    """Elites [c, w] and their rewards [c], -1 where a cell is empty."""

    params: jax.Array
    reward: jax.Array


class MapElites(Method):
    """Is told that the hand's place is what matters."""

    sd: float = 0.3  # standard deviation of a mutation, in weights

    space = {"sd": (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0)}

    def fits(self, spec: Any) -> str | None:
        return None if isinstance(spec, SearchSpec) else "it evaluates whole policies, and the task has none"

    def init(self, key: jax.Array) -> State:
        """Random weights everywhere, in no cell yet."""
        drawn = jax.random.normal(key, (SIDE * SIDE, self.spec.weights))
        return State(params=drawn, reward=jnp.full(SIDE * SIDE, -1.0))

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        first, second = jax.random.split(key)
        taken = state.reward >= 0
        luck = uniforms(first, luck=(self.spec.proposals, SIDE * SIDE))["luck"]
        empty = ~taken.any()
        cell = jnp.argmax(jnp.where(taken[None] | empty, luck, -1.0), axis=-1)
        noise = jax.random.normal(second, (self.spec.proposals, self.spec.weights))
        return state.params[cell] + jnp.where(empty, 0.0, self.sd) * noise

    def update(self, state: State, batch: Outcome, key: jax.Array) -> State:
        place = jnp.clip(((batch.descriptor + 1) * (SIDE / 2)).astype(jnp.int32), 0, SIDE - 1)
        cell = place[:, 0] * SIDE + place[:, 1]

        def settle(now: State, one: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[State, None]:
            theta, reward, at = one
            wins = reward >= now.reward[at]
            params = now.params.at[at].set(jnp.where(wins, theta, now.params[at]))
            return State(params=params, reward=now.reward.at[at].max(reward)), None

        return jax.lax.scan(settle, state, (batch.theta, batch.reward, cell))[0]
