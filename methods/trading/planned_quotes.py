"""Plans quotes in a model of the market that is counted from random days.

**Source**: none; the control that knows the kind of market. Without `trend` it is the classical market maker who
leans against its inventory, as in Avellaneda and Stoikov, "High-frequency Trading in a Limit Order Book", 2008 (idea
alone).

    chance of a quote, drift and steps of each trend = counts of random days;    quotes = backward induction

**Differs from the paper**: 1. a model of counts. 2. no aversion to risk: the mean profit is what is planned for. 3.
without `trend` it takes the drift for 0, which it is on average.

**Shapes**: n days, T steps, o numbers of an observation, d distances, q inventories, m trends, a pairs.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.mdp import q_values
from toybench.tasks.trading import Days

BEFORE = 0.1  # steps from each trend to each that are counted before any was seen


class Counts(NamedTuple):
    """What random days told.

    Attributes:
      taken: quotes that were taken by distance, [d].
      shown: quotes that could be taken, [d].
      moves: steps from trend to trend, [m, m].
      change: sum of the mid price's changes by trend, [m].
    """

    taken: jax.Array
    shown: jax.Array
    moves: jax.Array
    change: jax.Array


class PlannedQuotes(Method):
    """Looks at inventory and time, and at the trend."""

    trend: bool = True  # whether it looks at the trend

    deterministic = True

    def init(self, key: jax.Array) -> Counts:
        trends = self.spec.trends
        blank = jnp.zeros(len(self.spec.distances))
        return Counts(taken=blank, shown=blank, moves=jnp.full((trends, trends), BEFORE), change=jnp.zeros(trends))

    def explore(self, state: Counts, obs: jax.Array, key: jax.Array) -> jax.Array:
        return jax.random.randint(key, (len(obs),), 0, self.spec.pairs)

    def update(self, state: Counts, batch: Days, key: jax.Array) -> Counts:
        sides = len(self.spec.distances)
        near = jnp.arange(sides)[None, None, :]
        below = (batch.pair // sides)[..., None] == near
        above = (batch.pair % sides)[..., None] == near
        held = batch.inventory[:-1]
        free = jnp.stack([held < self.spec.most, held > -self.spec.most])[..., None]
        where = jnp.stack([below, above]) & free
        filled = jnp.stack([batch.bought, batch.sold])[..., None]
        now = jax.nn.one_hot(batch.trend[:-1], self.spec.trends)
        then = jax.nn.one_hot(batch.trend[1:], self.spec.trends)
        return Counts(
            taken=state.taken + jnp.where(where, filled, 0.0).sum((0, 1, 2)),
            shown=state.shown + where.astype(jnp.float32).sum((0, 1, 2)),
            moves=state.moves + jnp.einsum("tni,tnj->ij", now, then),
            change=state.change + jnp.einsum("tni,tn->i", now, batch.change),
        )

    def quote(self, state: Counts, obs: jax.Array) -> jax.Array:
        q = self.plan(state)
        time = jnp.round((1 - obs[:, -1]) * self.spec.length).astype(jnp.int32)
        held = jnp.round(obs[:, 0] * self.spec.most).astype(jnp.int32) + self.spec.most
        return q[jnp.minimum(time, len(q) - 1), held, obs[:, 1:-1].argmax(1)].argmax(-1).astype(jnp.int32)

    def plan(self, state: Counts) -> jax.Array:
        """Values [T, q, m, a] of the pairs in the counted model."""
        spec = self.spec
        chance = state.taken / jnp.maximum(state.shown, 1.0)
        pair = jnp.arange(spec.pairs)
        near = jnp.array(spec.distances)
        below = near[pair // len(near)]
        above = near[pair % len(near)]
        held = jnp.arange(-spec.most, spec.most + 1, dtype=jnp.float32)
        buy = jnp.where((held < spec.most)[:, None], chance[pair // len(near)][None, :], 0.0)
        sell = jnp.where((held > -spec.most)[:, None], chance[pair % len(near)][None, :], 0.0)
        up = buy * (1 - sell)
        down = sell * (1 - buy)
        moves = [
            up[..., None] * jnp.eye(len(held), k=1)[:, None, :],
            down[..., None] * jnp.eye(len(held), k=-1)[:, None, :],
        ]
        moves.append((1 - up - down)[..., None] * jnp.eye(len(held))[:, None, :])
        trends = state.moves / state.moves.sum(1, keepdims=True)
        transitions = jnp.einsum("qar,st->qsart", sum(moves), trends)
        drift = state.change / jnp.maximum(state.moves.sum(1), 1.0) * float(self.trend)
        edge = buy * (below - spec.fee)[None, :] + sell * (above - spec.fee)[None, :]
        after = held[:, None] + up - down
        rewards = edge[:, None, :] + after[:, None, :] * drift[None, :, None]
        states = len(held) * spec.trends
        joint = transitions.reshape(states, spec.pairs, states)
        end = jnp.repeat(-spec.closing * jnp.abs(held), spec.trends)

        def back(value: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
            q = q_values(joint, rewards.reshape(states, spec.pairs), value, 1.0)
            return q.max(-1), q

        q = jax.lax.scan(back, end, None, length=spec.length, reverse=True)[1]
        return q.reshape(spec.length, len(held), spec.trends, spec.pairs)
