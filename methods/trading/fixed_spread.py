"""The best constant quotes: every pair is tried, and the one with the highest mean profit is kept.

**Source**: none; the baseline that a market maker must beat.

**Differs from the paper**: nothing.

**Shapes**: n days, T steps, o numbers of an observation, a pairs.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.trading import Days


class Means(NamedTuple):
    """Sum of the days' profits by pair, and how many days it had, [a] each."""

    total: jax.Array
    days: jax.Array


class FixedSpread(Method):
    """Each day has one pair, in turn."""

    deterministic = True

    def init(self, key: jax.Array) -> Means:
        return Means(total=jnp.zeros(self.spec.pairs), days=jnp.zeros(self.spec.pairs))

    def explore(self, state: Means, obs: jax.Array, key: jax.Array) -> jax.Array:
        first = state.days.sum().astype(jnp.int32)
        return (first + jnp.arange(len(obs), dtype=jnp.int32)) % self.spec.pairs

    def update(self, state: Means, batch: Days, key: jax.Array) -> Means:
        pair = batch.pair[0]
        return Means(total=state.total.at[pair].add(batch.profit.sum(0)), days=state.days.at[pair].add(1.0))

    def quote(self, state: Means, obs: jax.Array) -> jax.Array:
        mean = jnp.where(state.days > 0, state.total / jnp.maximum(state.days, 1.0), -jnp.inf)
        return jnp.full(len(obs), mean.argmax(), jnp.int32)
