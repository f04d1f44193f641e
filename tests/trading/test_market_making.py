"""The market by its accounts and by its mean, market makers by their limits."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.trading import ppo as ppo_file
from toybench.methods.trading._actor_critic import trip
from toybench.methods.trading.a2c import A2C
from toybench.methods.trading.fixed_spread import FixedSpread
from toybench.methods.trading.planned_quotes import Counts, PlannedQuotes
from toybench.methods.trading.ppo import PPO
from toybench.protocol import Learner
from toybench.tasks.trading.market_making import (
    CLOSING,
    DISTANCES,
    FEE,
    LENGTH,
    MOST,
    STAYS,
    TESTED,
    TRENDS,
    MarketMaking,
    best_values,
    distances_of,
    follow,
    observation,
    settle,
    taken,
    trade,
)

TASK = MarketMaking()
KEY = jax.random.key(0)
WORLD = TASK.sample(KEY)
PAIRS = len(DISTANCES) ** 2


def bound(method: Any, steps: int = 10) -> Any:
    return replace(method, spec=TASK.spec, steps=steps)


def random_days(count: int = 64) -> Any:
    return trade(WORLD.market, lambda obs, key: jax.random.randint(key, (len(obs),), 0, PAIRS), KEY, count)


def test_profit_is_what_was_realised_and_what_is_still_held() -> None:
    days = random_days()
    basis = jnp.zeros(64)
    for t in range(LENGTH):
        below, above = distances_of(days.pair[t])
        realised, basis = settle(days.inventory[t], days.bought[t], days.sold[t], below, above, basis)
        np.testing.assert_allclose(realised, days.realised[t], atol=1e-4)
        basis = basis - days.change[t]
    held = days.inventory[-1].astype(jnp.float32)
    # a held unit is worth the mid price, so it has gained minus its basis; an owed one has gained its basis
    open_gain = -held * basis
    gained = days.profit.sum(0) + CLOSING * jnp.abs(held)
    np.testing.assert_allclose(days.realised.sum(0) + open_gain, gained, atol=2e-3)


def test_a_round_trip_by_hand() -> None:
    one = jnp.ones(1)
    realised, basis = settle(jnp.array([0]), one, 0 * one, jnp.array([0.6]), jnp.array([1.0]), 0 * one)
    assert float(realised[0]) == 0.0 and float(basis[0]) == pytest.approx(FEE - 0.6)
    realised, basis = settle(jnp.array([1]), 0 * one, one, jnp.array([0.6]), jnp.array([1.0]), basis)
    assert float(realised[0]) == pytest.approx(0.6 + 1.0 - 2 * FEE) and float(basis[0]) == 0.0
    realised, basis = settle(jnp.array([0]), one, one, jnp.array([0.6]), jnp.array([1.0]), 0 * one)
    assert float(realised[0]) == pytest.approx(0.6 + 1.0 - 2 * FEE) and float(basis[0]) == 0.0
    realised, _ = settle(jnp.array([-2]), one, 0 * one, jnp.array([0.2]), jnp.array([1.0]), jnp.array([0.7]))
    assert float(realised[0]) == pytest.approx(0.2 - FEE + 0.7)


def test_inventory_stays_within_its_limits_and_quotes_are_taken_as_often_as_stated() -> None:
    days = random_days(256)
    assert int(jnp.abs(days.inventory).max()) == MOST
    below, _ = distances_of(days.pair)
    free = days.inventory[:-1] < MOST
    for distance in DISTANCES:
        quoted = free & (below == distance)
        share = jnp.where(quoted, days.bought, 0.0).sum() / float(quoted.sum())
        assert float(share) == pytest.approx(float(taken(WORLD.market, jnp.float32(distance))), abs=0.03)
    stays = (days.trend[1:] == days.trend[:-1]).mean()
    assert float(stays) == pytest.approx(STAYS + (1 - STAYS) / TRENDS, abs=0.01)


def test_the_planned_mean_is_the_mean_of_days() -> None:
    q = best_values(WORLD.market)
    days = trade(WORLD.market, lambda obs, _: follow(q, obs), jax.random.key(7), 4000)
    total = days.profit.sum(0)
    error = float(total.std()) / 4000**0.5
    assert float(total.mean()) == pytest.approx(float(q[0, MOST].max(-1).mean()), abs=4 * error)


def test_no_constant_quotes_beat_the_oracle() -> None:
    def profit(pair: jax.Array) -> jax.Array:
        ref = SimpleNamespace(quote=lambda obs: jnp.full(len(obs), pair, jnp.int32))
        return TASK.evaluate(WORLD, KEY, ref)["pnl"]

    best = jax.vmap(profit)(jnp.arange(PAIRS)).max()
    assert float(best) < float(TASK.evaluate(WORLD, KEY, TASK.oracle(WORLD))["pnl"]) - 5


def test_observations_say_time_inventory_and_trend() -> None:
    inventory, trend = jnp.arange(-MOST, MOST + 1), jnp.arange(2 * MOST + 1) % TRENDS
    table = jax.random.normal(KEY, (LENGTH, 2 * MOST + 1, TRENDS, PAIRS))
    for t in (0, 1, 57, LENGTH - 1):
        seen = observation(inventory, trend, jnp.float32(1 - t / LENGTH))
        np.testing.assert_array_equal(follow(table, seen), table[t, inventory + MOST, trend].argmax(-1))


def test_with_the_true_laws_the_planner_is_the_oracle() -> None:
    market = WORLD.market
    moves = STAYS * jnp.eye(TRENDS) + (1 - STAYS) / TRENDS
    drift = market.drift * jnp.array([-1.0, 0.0, 1.0])
    counts = Counts(
        taken=taken(market, jnp.array(DISTANCES)) * 1000,
        shown=jnp.full(len(DISTANCES), 1000.0),
        moves=1000 * moves,
        change=1000 * drift,
    )
    np.testing.assert_allclose(bound(PlannedQuotes()).plan(counts), best_values(market), atol=2e-3)
    blind = bound(PlannedQuotes(trend=False)).plan(counts)
    np.testing.assert_allclose(blind[:, :, 0], blind[:, :, 2], atol=1e-4)
    still = market._replace(drift=jnp.float32(0.0))
    np.testing.assert_allclose(blind, best_values(still), atol=2e-3)


def test_the_planner_counts_the_market() -> None:
    method = bound(PlannedQuotes())
    state = method.init(KEY)
    for key in jax.random.split(KEY, 10):
        state = method.update(state, TASK.draw(WORLD, key, Learner(method, state))[1], key)
    chances = state.taken / state.shown
    np.testing.assert_allclose(chances, taken(WORLD.market, jnp.array(DISTANCES)), atol=0.02)
    drift = state.change / state.moves.sum(1)
    np.testing.assert_allclose(drift, WORLD.market.drift * jnp.array([-1.0, 0.0, 1.0]), atol=0.02)


def test_constant_quotes_are_all_tried_and_the_best_is_kept() -> None:
    method = bound(FixedSpread())
    state = method.init(KEY)
    for key in jax.random.split(KEY, 50):
        state = method.update(state, TASK.draw(WORLD, key, Learner(method, state))[1], key)
    np.testing.assert_array_equal(state.days, 64.0)
    chosen = int(method.quote(state, jnp.zeros((3, 5)))[1])
    assert chosen == int((state.total / state.days).argmax())
    assert chosen // len(DISTANCES) == chosen % len(DISTANCES)  # the market is symmetric


def test_closed_trades_are_rewarded_by_their_kind() -> None:
    realised = jnp.array([0.3, 0.08, 0.0, -0.04, -0.2])
    np.testing.assert_allclose(trip(realised, 0.05), [1.0, 0.08, 0.0, -0.04, -1.0], atol=1e-7)


def test_one_pass_of_ppo_is_a_step_of_a2c(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ppo_file, "PASSES", 1)
    ppo, a2c = bound(PPO(lr=1e-3, entropy=0.1)), bound(A2C(lr=1e-3, entropy=0.1))
    state = a2c.init(KEY)
    days = TASK.draw(WORLD, KEY, Learner(a2c, state))[1]
    # Adam's moments hold the gradient itself; its first step is all signs
    moments = [jax.tree.leaves(method.update(state, days, KEY).opt) for method in (ppo, a2c)]
    for x, y in zip(*moments, strict=True):
        np.testing.assert_allclose(x, y, atol=1e-6)


@pytest.mark.parametrize("kind", [PPO, A2C])
def test_a_weight_on_entropy_raises_it(kind: Any) -> None:
    method = bound(kind(lr=1e-2, entropy=100.0))
    state = method.init(KEY)
    sharp = jax.tree.map(lambda x: 5 * x, state.params)
    days = TASK.draw(WORLD, KEY, Learner(method, state))[1]
    after = method.update(state._replace(params=sharp), days, KEY).params
    assert float(method.judged(after, days)[1].mean()) > float(method.judged(sharp, days)[1].mean()) + 1e-3


def test_measures_are_those_of_the_days() -> None:
    same = SimpleNamespace(quote=lambda obs: jnp.full(len(obs), 6, jnp.int32))
    found = TASK.evaluate(WORLD, KEY, same)
    days = trade(WORLD.market, lambda obs, _: same.quote(obs), WORLD.test, TESTED)
    total = np.asarray(days.profit).sum(0)
    held = np.asarray(days.inventory).astype(float)
    assert float(found["pnl"]) == pytest.approx(total.mean(), rel=1e-4)
    assert float(found["sharpe"]) == pytest.approx(total.mean() / total.std(), rel=1e-4)
    assert float(found["inventory_rms"]) == pytest.approx(np.sqrt((held**2).mean()), rel=1e-4)


@pytest.mark.parametrize(
    ("method", "gain"), [(PPO(lr=1e-2), 8.0), (A2C(lr=1e-2), 1.5), (PPO(lr=1e-2, trips=True), 8.0)]
)
def test_agents_learn_to_earn(method: Any, gain: float) -> None:
    method = bound(method, steps=60)
    state = method.init(KEY)

    def step(state: Any, key: jax.Array) -> tuple[Any, jax.Array]:
        _, days = TASK.draw(WORLD, key, Learner(method, state))
        rewards = method.rewards(days).sum(0).mean()
        return method.update(state, days, key), rewards

    _, rewards = jax.lax.scan(step, state, jax.random.split(KEY, 60))
    assert float(rewards[-10:].mean()) > float(rewards[:5].mean()) + gain
