"""The market by its accounts and laws, traders by what they see and learn."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.trend_trading._ppo import CALM, SPREAD
from toybench.methods.trend_trading.cnn_window import FILTERS, SPAN, STRIDE, CNNWindow
from toybench.methods.trend_trading.mlp_indicators import MLPIndicators
from toybench.methods.trend_trading.mlp_last_day import MLPLastDay
from toybench.methods.trend_trading.mlp_window import MLPWindow
from toybench.methods.trend_trading.momentum_rule import MomentumRule
from toybench.protocol import Learner
from toybench.tasks.trend_trading import Sight
from toybench.tasks.trend_trading.hidden_trends import (
    ASSETS,
    FEE,
    LENGTH,
    VOLATILITY,
    WEALTH,
    WINDOW,
    Account,
    HiddenTrends,
    Laws,
    filter_weights,
    hold_best,
    play,
    returns_of,
    settle,
)

TASK = HiddenTrends()
KEY = jax.random.key(0)
WORLD = jax.jit(TASK.sample)(KEY)
LAWS = Laws(keeps=jnp.float32(0.5 ** (1 / 30)), size=jnp.float32(0.004))
AGENTS = (CNNWindow, MLPWindow, MLPLastDay, MLPIndicators)


def bound(method: Any, task: HiddenTrends = TASK, steps: int = 30) -> Any:
    return replace(method, spec=task.spec, steps=steps)


def random_orders(sight: Sight, key: jax.Array) -> jax.Array:
    return jax.random.normal(key, sight.held.shape)


def test_returns_have_the_laws_moments() -> None:
    returns, drifts = jax.jit(lambda key: returns_of(LAWS, key, 2000))(KEY)
    assert returns.shape == (2000, WINDOW + LENGTH, ASSETS)
    now, later = np.asarray(drifts)[:, :-30], np.asarray(drifts)[:, 30:]
    assert np.asarray(drifts).std() == pytest.approx(0.004, rel=0.03)
    assert (now * later).mean() / (now**2).mean() == pytest.approx(0.5, abs=0.03)
    noise = np.asarray(returns - drifts)
    assert noise.std() == pytest.approx(VOLATILITY, rel=0.01)
    assert abs((noise[:, 1:] * noise[:, :-1]).mean()) < 0.01 * VOLATILITY**2
    assert abs((noise * np.asarray(drifts)).mean()) < 0.02 * VOLATILITY * 0.004


def test_the_filters_weights_are_those_of_regression() -> None:
    """Best linear weights of the window for the next drift, from covariances."""
    size, keeps = 0.004, 0.5 ** (1 / 30)
    age = np.arange(WINDOW)[::-1]
    covariance = size**2 * keeps ** np.abs(age[:, None] - age[None, :]) + VOLATILITY**2 * np.eye(WINDOW)
    wanted = np.linalg.solve(covariance, size**2 * keeps ** (age + 1))
    found = np.asarray(filter_weights(LAWS))
    assert np.abs(found - wanted).sum() < 0.1 * wanted.sum()  # the filter looks beyond the window
    np.testing.assert_allclose(found[-20:], wanted[-20:], rtol=0.05)


def test_an_account_by_hand() -> None:
    prices = jnp.asarray([[1.0, 2.0, 1.0]])
    account = Account(cash=jnp.asarray([300.0]), shares=jnp.asarray([[50.0, 0.0, 10.0]]), prices=prices)
    found = settle(account, jnp.asarray([[-3.0, 0.5, 0.0]]), 100)
    np.testing.assert_allclose(found.shares, [[0.0, 50.0, 10.0]], atol=1e-4)
    assert float(found.cash[0]) == pytest.approx(300 + 50 * (1 - FEE) - 100 * (1 + FEE), abs=1e-3)
    poor = settle(account, jnp.asarray([[1.0, 1.0, 1.0]]), 100)
    bought = 300 / (400 * (1 + FEE)) * 100
    np.testing.assert_allclose(poor.shares, [[50 + bought, bought, 10 + bought]], rtol=1e-5)
    assert abs(float(poor.cash[0])) < 1e-3
    nothing = settle(poor._replace(cash=jnp.zeros(1)), jnp.zeros((1, 3)), 100)
    np.testing.assert_allclose(nothing.shares, poor.shares)


def test_growth_is_that_of_accounts_by_numpy() -> None:
    returns, _ = returns_of(LAWS, KEY, 3)
    episodes, traded = play(returns, random_orders, KEY, 300)
    cash, shares, prices = np.full(3, float(WEALTH)), np.zeros((3, ASSETS)), np.ones((3, ASSETS))
    for day in range(LENGTH):
        wealth = cash + (shares * prices).sum(1)
        np.testing.assert_allclose(episodes.sight.held[day], shares * prices / wealth[:, None], atol=1e-4)
        seen = np.asarray(returns)[:, day : day + WINDOW] / VOLATILITY
        np.testing.assert_allclose(episodes.sight.window[day], seen, atol=1e-5)
        asked = 300 * np.clip(np.asarray(episodes.orders[day]), -1, 1)
        sold = np.minimum(np.maximum(-asked, 0), shares)
        cash = cash + (1 - FEE) * (sold * prices).sum(1)
        price = (1 + FEE) * (np.maximum(asked, 0) * prices).sum(1)
        bought = np.maximum(asked, 0) * np.minimum(1, cash / np.maximum(price, 1e-9))[:, None]
        cash = cash - (1 + FEE) * (bought * prices).sum(1)
        shares = shares + bought - sold
        assert float(traded[day].sum()) == pytest.approx((((bought + sold) * prices).sum(1) / wealth).sum(), abs=1e-3)
        prices = prices * (1 + np.asarray(returns)[:, WINDOW + day])
        now = cash + (shares * prices).sum(1)
        np.testing.assert_allclose(episodes.growth[day], np.log(now / wealth), atol=1e-4)
    assert (shares >= 0).all() and (cash > -0.1).all()


def test_cash_keeps_and_trends_pay_those_who_know_the_laws() -> None:
    cash = TASK.evaluate(WORLD, KEY, TASK.floor(WORLD))
    assert float(cash["log_wealth"]) == float(cash["deviation"]) == float(cash["turnover"]) == 0.0
    known = TASK.evaluate(WORLD, KEY, TASK.oracle(WORLD))
    assert float(known["log_wealth"]) > 0.1
    kept = TASK.evaluate(WORLD, KEY, SimpleNamespace(trade=lambda sight: jnp.full_like(sight.held, 1 / ASSETS)))
    assert abs(float(kept["log_wealth"])) < 0.04


def test_the_best_asset_is_held_if_its_change_pays() -> None:
    drift = jnp.asarray([[0.002, 0.00205, -0.001], [0.002, 0.003, 0.0], [-0.001, -0.002, 0.0], [0.0, 0.0, -0.001]])
    held = jnp.asarray([[1.0, 0, 0], [1.0, 0, 0], [1.0, 0, 0], [0.0, 0.0, 0.0]])
    wanted = np.array([[0, 0, 0], [-1, 1, 0], [-1, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(hold_best(drift, held, WEALTH), wanted, atol=1e-6)
    np.testing.assert_allclose(hold_best(drift, held, WEALTH // 10), 10 * wanted, atol=1e-6)


def test_the_rule_by_hand() -> None:
    window = jnp.zeros((2, WINDOW, ASSETS)).at[0, -10:, 1].set(0.3).at[1, -11, 2].set(5.0)
    sight = Sight(window=window, held=jnp.asarray([[0.5, 0.0, 0.0], [0.0, 0.0, 1.0]]))
    rule = bound(MomentumRule(days=10.0, threshold=0.2))
    np.testing.assert_allclose(rule.trade((), sight), [[-0.5, 1.0, 0.0], [0.0, 0.0, -1.0]], atol=1e-6)
    longer = bound(MomentumRule(days=20.0, threshold=0.2))
    np.testing.assert_allclose(longer.trade((), sight), [[-0.5, 0.0, 0.0], [0.0, 0.0, 0.0]], atol=1e-6)


def test_a_convolution_by_hand() -> None:
    """Filters of ten days, every five days, then a layer over all of them, by numpy."""
    method = bound(CNNWindow())
    weights = method.init(KEY).params["network"]["params"]["Convolution_0"]["Dense_0"]
    window = jax.random.normal(KEY, (WINDOW, ASSETS))

    def filtered(days: jax.Array) -> np.ndarray:
        taps = np.asarray(weights["kernel"]).reshape(SPAN, ASSETS, FILTERS)
        starts = range(0, WINDOW - SPAN + 1, STRIDE)
        return np.stack([np.einsum("dk,dkf->f", np.asarray(days)[s : s + SPAN], taps) for s in starts])

    params = method.init(KEY).params["network"]["params"]
    flat = np.concatenate([np.tanh(filtered(window)).reshape(-1), np.zeros(ASSETS)])
    hidden = np.tanh(flat @ np.asarray(params["Convolution_0"]["Dense_1"]["kernel"]))
    wanted = CALM * hidden @ np.asarray(params["Dense_0"]["kernel"])
    sight = Sight(window=window[None], held=jnp.zeros((1, ASSETS)))
    np.testing.assert_allclose(method.trade(method.init(KEY), sight)[0], wanted, atol=1e-5)


def test_indicators_by_hand() -> None:
    """Means of the last days, each scaled by the root of its length, then two layers, by numpy."""
    method = bound(MLPIndicators())
    state = method.init(KEY)
    params = state.params["network"]["params"]
    window = jax.random.normal(KEY, (WINDOW, ASSETS))
    held = jnp.full(ASSETS, 0.2)
    means = [np.asarray(window)[-days:].mean(0) * days**0.5 for days in (1, 10, 30, 60)]
    seen = np.concatenate([*means, np.asarray(held)])
    hidden = np.tanh(seen @ np.asarray(params["Indicators_0"]["Dense_1"]["kernel"]))
    body = np.tanh(hidden @ np.asarray(params["Indicators_0"]["Dense_0"]["kernel"]))  # made first, as it stands outside
    wanted = CALM * body @ np.asarray(params["Dense_0"]["kernel"])
    np.testing.assert_allclose(method.trade(state, Sight(window=window[None], held=held[None]))[0], wanted, atol=1e-5)


def test_agents_have_as_many_weights() -> None:
    sizes = [sum(x.size for x in jax.tree.leaves(bound(agent()).init(KEY).params)) for agent in AGENTS]
    assert max(sizes) < 1.06 * min(sizes)


def test_who_sees_the_last_day_sees_no_other() -> None:
    window = jax.random.normal(KEY, (1, WINDOW, ASSETS))
    held = jnp.full((1, ASSETS), 0.2)
    changed = window.at[:, :-1].add(1.0)
    for agent, same in ((MLPLastDay, True), (MLPWindow, False), (MLPIndicators, False), (CNNWindow, False)):
        method = bound(agent())
        state = method.init(KEY)
        first, second = (method.trade(state, Sight(window=w, held=held)) for w in (window, changed))
        assert bool(jnp.allclose(first, second)) is same
        other = method.trade(state, Sight(window=window, held=0 * held))
        assert not bool(jnp.allclose(first, other))


def test_orders_are_drawn_around_the_mean() -> None:
    method = bound(MLPLastDay())
    state = method.init(KEY)
    sight = Sight(window=jnp.zeros((5000, WINDOW, ASSETS)), held=jnp.zeros((5000, ASSETS)))
    drawn = method.explore(state, sight, KEY)
    np.testing.assert_allclose(drawn.mean(0), method.trade(state, sight)[0], atol=0.03)
    np.testing.assert_allclose(drawn.std(0), np.exp(SPREAD), rtol=0.05)


@pytest.mark.parametrize("agent", [CNNWindow, MLPWindow, MLPIndicators])
def test_agents_learn_a_trend_that_is_plain(agent: Any) -> None:
    """Drifts as large as the noise, to be followed."""
    method = bound(agent(lr=1e-2))
    world = WORLD._replace(laws=Laws(keeps=LAWS.keeps, size=jnp.float32(VOLATILITY)))

    def step(state: Any, key: jax.Array) -> tuple[Any, jax.Array]:
        _, episodes = TASK.draw(world, key, Learner(method, state))
        return method.update(state, episodes, key), episodes.growth.sum(0).mean()

    _, grown = jax.lax.scan(step, method.init(KEY), jax.random.split(KEY, 30))
    assert float(grown[-5:].mean()) > float(grown[:5].mean()) + 0.2
