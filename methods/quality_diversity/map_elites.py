"""MAP-Elites: the best policy of every cell of a hand-made space, mutated at random.

**Source**: Mouret and Clune, "Illuminating Search Spaces by Mapping Elites", 2015, https://arxiv.org/abs/1504.04909,
from memory, and as a baseline of STAX in its authors' code, github.com/GPaolo/STAX: core/evolvers/map_elites.py.

    theta = elite of a random occupied cell + sd noise;  an elite is replaced where the reward is at least as large

**Differs from the paper**: 1. the first step is random weights. 2. a child that is rewarded equally replaces the elite,
so that elites drift where nothing is rewarded.

**Shapes**: m proposals, w weights, c = 16 x 16 cells of the hand's place.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.quality_diversity import Outcome

SIDE = 16  # cells of the grid on [-1, 1]^2, a side


class State(NamedTuple):
    """Elites [c, w] and their rewards [c], -1 where a cell is empty."""

    params: jax.Array
    reward: jax.Array


class MapElites(Method):
    """Is told that the hand's place is what matters."""

    sd: float = 0.3  # standard deviation of a mutation, in weights

    space = {"sd": (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0, 2.0, 3.0)}

    def init(self, key: jax.Array) -> State:
        """Random weights everywhere, in no cell yet."""
        drawn = jax.random.normal(key, (SIDE * SIDE, self.spec.weights))
        return State(params=drawn, reward=jnp.full(SIDE * SIDE, -1.0))

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        first, second = jax.random.split(key)
        taken = state.reward >= 0
        empty = ~taken.any()
        luck = jax.random.uniform(first, (self.spec.proposals, SIDE * SIDE))
        chosen = jnp.argmax(jnp.where(taken[None] | empty, luck, -1.0), axis=-1)
        noise = jax.random.normal(second, (self.spec.proposals, self.spec.weights))
        return state.params[chosen] + jnp.where(empty, 0.0, self.sd) * noise

    def update(self, state: State, batch: Outcome, key: jax.Array) -> State:
        at = jnp.clip(((batch.place + 1) * (SIDE / 2)).astype(jnp.int32), 0, SIDE - 1)

        def settle(now: State, one: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[State, None]:
            theta, reward, cell = one
            wins = reward >= now.reward[cell]
            params = now.params.at[cell].set(jnp.where(wins, theta, now.params[cell]))
            return State(params=params, reward=now.reward.at[cell].max(reward)), None

        return jax.lax.scan(settle, state, (batch.theta, batch.reward, at[:, 0] * SIDE + at[:, 1]))[0]
