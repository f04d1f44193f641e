"""Three assets, each with a hidden drift that lasts for weeks under noise five times as large.

Isolates what a trader gains by a window of past returns, and what the most shares of a day do to it. A day's return is
a drift and noise of deviation 0.02; the drift falls back to 0 with a half-life of about 30 days. A trader begins with
cash for 1,000 shares, owns or doesn't own, pays 0.1 % of what it trades, and may trade `most` shares of each asset in a
day. Sales come first; purchases are cut alike where the cash doesn't suffice. Half-life and size of the drift differ
between seeds.

The oracle filters the drift out of the window with the true laws and holds the asset of the highest drift, or cash. It
trades by a simple rule: a reference.
"""

from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import normals, uniforms
from toybench.tasks.trend_trading import Episodes, Sight, Spec, Trader

ASSETS = 3
WINDOW = 60  # days that a trader sees
LENGTH = 120  # days of an episode
VOLATILITY = 0.02  # deviation of a day's noise
FEE = 0.001  # of what is traded
WEALTH = 1000  # shares that could be bought in the beginning, at prices of 1
HALF_LIVES = (24.0, 36.0)  # of the drift, days
SIZES = (0.18, 0.22)  # deviation of the drift, in units of the noise's
PATIENCE = 20  # days in which the oracle's change of assets has to pay for its fees; less than a half-life
LEARNED = 16  # episodes that a learner is shown at once
TESTED = 256  # episodes of the test
TINY = 1e-3  # of a share's first price: keeps an empty purse from dividing by 0


class Laws(NamedTuple):
    """What is kept of the drift from day to day, and its deviation."""

    keeps: jax.Array
    size: jax.Array


class World(NamedTuple):
    """The laws, and returns [n, w + T, k] of the episodes that count."""

    laws: Laws
    test: jax.Array


class Account(NamedTuple):
    """Cash [n], shares [n, k] and prices [n, k]."""

    cash: jax.Array
    shares: jax.Array
    prices: jax.Array

    def wealth(self) -> jax.Array:
        """In all, [n]."""
        return self.cash + (self.shares * self.prices).sum(-1)


def returns_of(laws: Laws, key: jax.Array, count: int) -> tuple[jax.Array, jax.Array]:
    """Returns and drifts [n, w + T, k] of episodes."""
    shape = (WINDOW + LENGTH, count, ASSETS)
    drawn = normals(key, drift=shape, noise=shape)
    first = laws.size * drawn["drift"][0]

    def step(drift: jax.Array, shock: jax.Array) -> tuple[jax.Array, jax.Array]:
        return laws.keeps * drift + laws.size * jnp.sqrt(1 - laws.keeps**2) * shock, drift

    drifts = jax.lax.scan(step, first, jnp.roll(drawn["drift"], -1, axis=0))[1]
    returns = drifts + VOLATILITY * drawn["noise"]
    return returns.swapaxes(0, 1), drifts.swapaxes(0, 1)


def settle(account: Account, orders: jax.Array, most: int) -> Account:
    """The account after a day's orders [n, k]."""
    shares = most * jnp.clip(orders, -1.0, 1.0)
    sold = jnp.minimum(jnp.maximum(-shares, 0.0), account.shares)
    cash = account.cash + (1 - FEE) * (sold * account.prices).sum(-1)
    wanted = jnp.maximum(shares, 0.0)
    price = (1 + FEE) * (wanted * account.prices).sum(-1)
    bought = wanted * (cash / jnp.maximum(jnp.maximum(price, cash), TINY))[:, None]
    left = cash - (1 + FEE) * (bought * account.prices).sum(-1)
    return Account(cash=left, shares=account.shares - sold + bought, prices=account.prices)


def play(returns: jax.Array, act: Any, key: jax.Array, most: int) -> tuple[Episodes, jax.Array]:
    """Episodes of a trader in these returns, and the shares of wealth [T, n] traded: act(sight, key) -> orders."""
    count = len(returns)

    def see(account: Account, day: jax.Array) -> Sight:
        window = jax.lax.dynamic_slice_in_dim(returns, day, WINDOW, axis=1) / VOLATILITY
        return Sight(window=window, held=account.shares * account.prices / account.wealth()[:, None])

    def step(account: Account, now: tuple[jax.Array, jax.Array]) -> tuple[Account, tuple]:
        day, own = now
        sight = see(account, day)
        orders = act(sight, own)
        after = settle(account, orders, most)
        tomorrow = jax.lax.dynamic_index_in_dim(returns, WINDOW + day, axis=1, keepdims=False)
        then = after._replace(prices=after.prices * (1 + tomorrow))
        growth = jnp.log(then.wealth() / account.wealth())
        traded = (jnp.abs(after.shares - account.shares) * account.prices).sum(-1) / account.wealth()
        return then, (sight, orders, growth, traded)

    first = Account(
        cash=jnp.full(count, float(WEALTH)), shares=jnp.zeros((count, ASSETS)), prices=jnp.ones((count, ASSETS))
    )
    days = (jnp.arange(LENGTH), jax.random.split(key, LENGTH))
    last, shown = jax.lax.scan(step, first, days)
    sight, orders, growth, traded = shown
    end = see(last, jnp.int32(LENGTH))
    whole = jax.tree.map(lambda x, y: jnp.concatenate([x, y[None]]), sight, end)
    return Episodes(sight=whole, orders=orders, growth=growth), traded


def filter_weights(laws: Laws) -> jax.Array:
    """Weights [w] of the window's returns, oldest first, in the mean of the next drift given all returns before.

    The steady state of the Kalman filter: the variance p of the next drift solves
    p = keeps^2 p noise / (p + noise) + (1 - keeps^2) size^2.
    """
    noise = VOLATILITY**2
    fresh = (1 - laws.keeps**2) * laws.size**2
    half = (fresh + (laws.keeps**2 - 1) * noise) / 2
    p = half + jnp.sqrt(half**2 + fresh * noise)
    gain = p / (p + noise)
    age = jnp.arange(WINDOW, dtype=jnp.float32)[::-1]
    return laws.keeps * gain * (laws.keeps * (1 - gain)) ** age


def hold_best(drift: jax.Array, held: jax.Array, most: int) -> jax.Array:
    """Orders [n, k] that lead to all wealth in the asset of the highest drift [n, k], or in cash where none is high.

    A change of assets has to gain its fees within PATIENCE days; what is held counts by that much more.
    """
    price = FEE / PATIENCE
    worth = jnp.concatenate([drift - price, jnp.zeros_like(drift[:, :1])], axis=1)
    has = jnp.concatenate([held, 1 - held.sum(1, keepdims=True)], axis=1)
    best = (worth + jnp.where(has > 1 / 2, 2 * price, 0.0)).argmax(1)
    return (jax.nn.one_hot(best, drift.shape[1] + 1)[:, :-1] - held) * (WEALTH / most)


class HiddenTrends(Task):
    """Growth of wealth in 120 days."""

    most: int = 1000  # shares of an asset that may be bought or sold in a day

    interface = Trader
    kind = "interactive"
    steps = 60
    checkpoints = 3
    metrics: ClassVar = {
        "log_wealth": Metric("max", "mean growth of the logarithm of wealth in an episode"),
        "deviation": Metric("info", "standard deviation of that growth over episodes"),
        "turnover": Metric("info", "mean share of the wealth that is traded in a day"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(assets=ASSETS, window=WINDOW, most=self.most, wealth=WEALTH, fee=FEE, length=LENGTH)

    def sample(self, key: jax.Array) -> World:
        own, test = jax.random.split(key)
        drawn = uniforms(own, laws=(2,))["laws"]
        half_life = HALF_LIVES[0] + (HALF_LIVES[1] - HALF_LIVES[0]) * drawn[0]
        size = VOLATILITY * (SIZES[0] + (SIZES[1] - SIZES[0]) * drawn[1])
        laws = Laws(keeps=0.5 ** (1 / half_life), size=size)
        return World(laws=laws, test=returns_of(laws, test, TESTED)[0])

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Episodes]:
        market, own = jax.random.split(key)
        returns, _ = returns_of(world.laws, market, LEARNED)
        return world, play(returns, learner.explore, own, self.most)[0]

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        episodes, traded = play(world.test, lambda sight, _: learner.trade(sight), key, self.most)
        growth = episodes.growth.sum(0)
        return {"log_wealth": growth.mean(), "deviation": growth.std(), "turnover": traded.mean()}

    def floor(self, world: World) -> Any:
        """Keeps its cash."""
        return SimpleNamespace(trade=lambda sight: jnp.zeros_like(sight.held))

    def oracle(self, world: World) -> Any:
        """Filters the drifts with the true laws."""
        weights = VOLATILITY * filter_weights(world.laws)

        def trade(sight: Sight) -> jax.Array:
            drift = jnp.einsum("nwk,w->nk", sight.window, weights)
            return hold_best(drift, sight.held, self.most)

        return SimpleNamespace(trade=trade)
