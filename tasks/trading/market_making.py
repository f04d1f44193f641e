"""A market with an observed trend, in which quotes are taken by chance.

Isolates what a market maker gains by looking at its inventory and at the trend. The mid price is a random walk with a
drift of its present trend: down, none or up. A quote at distance d is taken with chance rate exp(-decay d); rate, decay
and drift differ between seeds. Near quotes trade often and earn little; units that are held gain or lose with the mid
price, and cost when the day closes.

The oracle is the best policy for the mean profit, by dynamic programming over inventory, trend and time. For risk it is
only a reference: it holds more than the floor does, and others have a higher Sharpe ratio.
"""

from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.mdp import q_values
from toybench.blocks.random import normals, uniforms
from toybench.tasks.trading import Days, Quoter, Spec

DISTANCES = (0.2, 0.6, 1.0, 1.4, 1.8)
MOST = 5
TRENDS = 3
FEE = 0.05
CLOSING = 0.5
LENGTH = 100
STAYS = 0.95  # chance of the trend to be the same at the next step; else any of the three
VOLATILITY = 0.3  # standard deviation of the mid price's change at a step
RATES = (0.6, 0.8)  # chance of a quote at the mid price to be taken
DECAYS = (1.3, 1.7)
DRIFTS = (0.1, 0.14)  # of a step with a trend
LEARNED = 32  # days that a learner is shown at once
TESTED = 512  # days of the test


class Market(NamedTuple):
    """The laws: chance of a quote at the mid price to be taken, its decay with distance, and the drift of a trend."""

    rate: jax.Array
    decay: jax.Array
    drift: jax.Array


class World(NamedTuple):
    """The market, and the key of the days that count."""

    market: Market
    test: jax.Array


def distances_of(pair: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Distances of bid and ask of a pair."""
    near = jnp.array(DISTANCES)
    return near[pair // len(DISTANCES)], near[pair % len(DISTANCES)]


def taken(market: Market, distance: jax.Array) -> jax.Array:
    """Chance of a quote at this distance."""
    return market.rate * jnp.exp(-market.decay * distance)


def observation(inventory: jax.Array, trend: jax.Array, left: jax.Array) -> jax.Array:
    """What a market maker sees, [n, o]: inventory as a share of the most, trend, share of the day that is left."""
    share = inventory.astype(jnp.float32) / MOST
    return jnp.concatenate(
        [share[:, None], jax.nn.one_hot(trend, TRENDS), jnp.broadcast_to(left, share.shape)[:, None]], 1
    )


def trade(market: Market, act: Any, key: jax.Array, count: int) -> Days:
    """Days of a market maker: act(obs, key) -> pairs [n]."""
    keys = jax.random.split(key, 3)
    drawn = uniforms(keys[0], fills=(LENGTH, 2, count), stays=(LENGTH, count), fresh=(LENGTH + 1, count))
    noise = normals(keys[1], noise=(LENGTH, count))["noise"]
    fresh = (drawn["fresh"] * TRENDS).astype(jnp.int32)

    def step(now: Any, chance: Any) -> tuple[Any, Any]:
        inventory, trend, basis = now
        left, own, fills, stays, other, shock = chance
        obs = observation(inventory, trend, left)
        pair = act(obs, own)
        below, above = distances_of(pair)
        buys = (fills[0] < taken(market, below)) & (inventory < MOST)
        sells = (fills[1] < taken(market, above)) & (inventory > -MOST)
        bought = buys.astype(jnp.float32)
        sold = sells.astype(jnp.float32)
        then = inventory + buys.astype(jnp.int32) - sells.astype(jnp.int32)
        change = market.drift * (trend.astype(jnp.float32) - 1) + VOLATILITY * shock
        profit = bought * (below - FEE) + sold * (above - FEE) + then.astype(jnp.float32) * change
        realised, basis = settle(inventory, bought, sold, below, above, basis)
        trend = jnp.where(stays < STAYS, trend, other)
        shown = (obs, pair, inventory, now[1], bought, sold, change, profit, realised)
        return (then, trend, basis - change), shown

    first = (jnp.zeros(count, jnp.int32), fresh[-1], jnp.zeros(count))
    left = 1 - jnp.arange(LENGTH, dtype=jnp.float32) / LENGTH
    own = jax.random.split(keys[2], LENGTH)
    end, shown = jax.lax.scan(step, first, (left, own, drawn["fills"], drawn["stays"], fresh[:-1], noise))
    inventory, trend, _ = end
    obs, pair, before, trends, bought, sold, change, profit, realised = shown
    close = observation(inventory, trend, jnp.float32(0.0))
    cost = CLOSING * jnp.abs(inventory).astype(jnp.float32)
    return Days(
        obs=jnp.concatenate([obs, close[None]]),
        pair=pair,
        inventory=jnp.concatenate([before, inventory[None]]),
        trend=jnp.concatenate([trends, trend[None]]),
        bought=bought,
        sold=sold,
        change=change,
        profit=profit.at[-1].add(-cost),
        realised=realised,
    )


def settle(
    inventory: jax.Array, bought: jax.Array, sold: jax.Array, below: jax.Array, above: jax.Array, basis: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Profit of what was closed, and the new basis, of trades at these distances.

    The basis is what a held unit cost on average, fee included, less the mid price; where units are owed, what they
    brought. Both trades at once from nothing are closed at once.
    """
    units = jnp.abs(inventory).astype(jnp.float32)
    both = (inventory == 0) & (bought + sold > 1)
    sells_held = jnp.where(inventory > 0, sold, 0.0)
    buys_owed = jnp.where(inventory < 0, bought, 0.0)
    of_both = jnp.where(both, below + above - 2 * FEE, 0.0)
    realised = sells_held * (above - FEE - basis) + buys_owed * (below - FEE + basis) + of_both
    buys_more = jnp.where((inventory >= 0) & ~both, bought, 0.0)
    owes_more = jnp.where((inventory <= 0) & ~both, sold, 0.0)
    kept = units - sells_held - buys_owed
    cost = kept * basis + buys_more * (FEE - below) + owes_more * (above - FEE)
    after = kept + buys_more + owes_more
    return realised, cost / jnp.maximum(after, 1.0)


def best_values(market: Market) -> jax.Array:
    """Mean profit to come of each action [T, q, trend, a], inventory q from -MOST, for the best policy."""
    held = jnp.arange(-MOST, MOST + 1, dtype=jnp.float32)
    below, above = distances_of(jnp.arange(len(DISTANCES) ** 2))
    buy = jnp.where((held < MOST)[:, None], taken(market, below)[None, :], 0.0)
    sell = jnp.where((held > -MOST)[:, None], taken(market, above)[None, :], 0.0)
    outcome = {
        (1, 0): buy * (1 - sell),
        (0, 1): (1 - buy) * sell,
        (0, 0): (1 - buy) * (1 - sell) + buy * sell,
    }
    moves = jnp.zeros((len(held), len(below), len(held)))
    for (up, down), chance in outcome.items():
        moves = moves + chance[:, :, None] * jnp.eye(len(held), k=up - down)[:, None, :]
    stays = STAYS * jnp.eye(TRENDS) + (1 - STAYS) / TRENDS
    transitions = jnp.einsum("qar,st->qsart", moves, stays)
    edge = buy * (below - FEE)[None, :] + sell * (above - FEE)[None, :]
    mean_held = (moves * held[None, None, :]).sum(-1)
    drift = market.drift * (jnp.arange(TRENDS, dtype=jnp.float32) - 1)
    rewards = edge[:, None, :] + mean_held[:, None, :] * drift[None, :, None]
    states = len(held) * TRENDS
    transitions = transitions.reshape(states, len(below), states)
    end = jnp.repeat(-CLOSING * jnp.abs(held), TRENDS)

    def back(value: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        q = q_values(transitions, rewards.reshape(states, -1), value, 1.0)
        return q.max(-1), q

    _, q = jax.lax.scan(back, end, None, length=LENGTH)
    return q[::-1].reshape(LENGTH, len(held), TRENDS, -1)


def follow(q: jax.Array, obs: jax.Array) -> jax.Array:
    """The best pair, int32 [n], by the values q [T, q, trend, a] of actions, for observations [n, o]."""
    time = jnp.round((1 - obs[:, -1]) * LENGTH).astype(jnp.int32)
    inventory = jnp.round(obs[:, 0] * MOST).astype(jnp.int32) + MOST
    trend = obs[:, 1 : 1 + TRENDS].argmax(1)
    return q[jnp.minimum(time, LENGTH - 1), inventory, trend].argmax(-1).astype(jnp.int32)


class MarketMaking(Task):
    """Profit of a day, and its risk."""

    interface = Quoter
    kind = "interactive"
    steps = 100
    checkpoints = 4
    metrics: ClassVar = {
        "pnl": Metric("max", "mean profit of a day"),
        "sharpe": Metric("max", "mean profit of a day over its standard deviation"),
        "inventory_rms": Metric("min", "root mean square of the units held"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(distances=DISTANCES, most=MOST, trends=TRENDS, fee=FEE, closing=CLOSING, length=LENGTH)

    def sample(self, key: jax.Array) -> World:
        laws, test = jax.random.split(key)
        drawn = uniforms(laws, laws=(3,))["laws"]
        low, high = jnp.array([RATES, DECAYS, DRIFTS]).T
        rate, decay, drift = low + (high - low) * drawn
        return World(market=Market(rate=rate, decay=decay, drift=drift), test=test)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Days]:
        return world, trade(world.market, learner.explore, key, LEARNED)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        days = trade(world.market, lambda obs, _: learner.quote(obs), world.test, TESTED)
        total = days.profit.sum(0)
        held = days.inventory.astype(jnp.float32)
        return {
            "pnl": total.mean(),
            "sharpe": total.mean() / total.std(),
            "inventory_rms": jnp.sqrt((held**2).mean()),
        }

    def floor(self, world: World) -> Any:
        """Always the farthest quotes."""
        farthest = jnp.int32(len(DISTANCES) ** 2 - 1)
        return SimpleNamespace(quote=lambda obs: jnp.full(len(obs), farthest))

    def oracle(self, world: World) -> Any:
        """The best policy for the mean profit."""
        q = best_values(world.market)
        return SimpleNamespace(quote=lambda obs: follow(q, obs))
