"""Forecasters of a stream: steps by hand, minimisers found a second way, limits in which one is another."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from toybench.errors import UsageError
from toybench.methods.online_learning import _linear
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.online_learning import Example, StreamSpec, losses, slopes
from toybench.tasks.online_learning._streams import RATES, best_fixed
from toybench.tasks.online_learning.regret_guarantee import RegretGuarantee
from toybench.tasks.online_learning.scaled_stream import ScaledStream

KINDS = ("squared", "absolute", "hinge")
EXAMPLES = (((1.0, 2.0), 1.0), ((-1.0, 0.5), -1.0), ((2.0, -1.0), 1.0), ((0.5, 0.5), -1.0), ((3.0, 1.0), 1.0))
KEY = jax.random.key(0)


def bound(name: str, loss: str = "squared", rates: tuple[float, ...] = (0.5, 2.0), **fields: Any) -> Any:
    spec = StreamSpec(dim=2, loss=loss, rates=rates)
    return registry.load("methods", f"online_learning/{name}")(spec=spec, **fields)


def shown(name: str, examples: Any = EXAMPLES, **fields: Any) -> list[Any]:
    """The states of a method before the first example and after each."""
    method = bound(name, **fields)
    states = [method.init(KEY)]
    for x, y in examples:
        states.append(method.update(states[-1], Example(x=jnp.array(x), y=jnp.array(y)), KEY))
    return states


@pytest.mark.parametrize("kind", KINDS)
def test_slopes_are_derivatives(kind: str) -> None:
    for score in (-1.5, -0.2, 0.3, 1.7):
        for y in (-1.0, 1.0):
            step = 1e-3
            ends = losses(kind, jnp.array([score - step, score + step]), jnp.array(y))
            slope = slopes(kind, jnp.array(score), jnp.array(y))
            np.testing.assert_allclose(slope, (ends[1] - ends[0]) / (2 * step), atol=1e-3)
    assert losses("squared", jnp.array(3.0), jnp.array(1.0)) == 2
    assert losses("absolute", jnp.array(3.0), jnp.array(1.0)) == 2
    assert losses("hinge", jnp.array(-3.0), jnp.array(1.0)) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_implicit_slopes_minimise_the_proximal_problem(kind: str) -> None:
    """c is (score - s) / give at the s that minimises (s - score)^2 / (2 give) + f(s)."""
    grid = np.linspace(-8, 8, 160_001)
    for score, y, give in ((2.3, 1.0, 0.5), (0.9, 1.0, 0.4), (-1.2, 1.0, 3.0), (0.4, -1.0, 0.7), (3.0, 1.0, 1.0)):
        values = (grid - score) ** 2 / (2 * give) + np.asarray(losses(kind, jnp.array(grid), jnp.array(y)))
        best = grid[values.argmin()]
        found = _linear.implicit_slopes(kind, jnp.array([score]), jnp.array(y), jnp.array([give]))
        np.testing.assert_allclose(found, (score - best) / give, atol=1e-3)


def test_linear_leader_by_hand() -> None:
    """Rate 0.5, squared loss: scores a . theta / lambda_t with lambda_t = 2 sqrt(t)."""
    states = shown("linear_ftrl")
    np.testing.assert_allclose(states[1].params[0], [1.0, 2.0])
    # t = 2: theta . a = 0, score 0, slope 1
    np.testing.assert_allclose(states[2].params[0], [2.0, 1.5])
    score = (4.0 - 1.5) / (2 * 3**0.5)
    np.testing.assert_allclose(states[3].params[0], [2.0 - 2 * (score - 1), 1.5 + (score - 1)], rtol=1e-6)
    method = bound("linear_ftrl")
    np.testing.assert_allclose(method.predict(states[2], jnp.array([2.0, -1.0]))[0], score, rtol=1e-6)


def test_implicit_leader_by_hand() -> None:
    """Rate 0.5, squared loss: c = (a . theta / lambda_{t+1} - y) / (1 + |a|^2 / lambda_{t+1})."""
    theta = np.zeros(2)
    for t, (x, y) in enumerate(EXAMPLES, start=1):
        later = 2 * (t + 1) ** 0.5
        a = np.array(x)
        theta = theta - (a @ theta / later - y) / (1 + a @ a / later) * a
        np.testing.assert_allclose(shown("implicit_ftrl", EXAMPLES[:t])[-1].params[0], theta, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_implicit_leader_minimises_its_regularised_loss(kind: str) -> None:
    """x_{t+1} = argmin lambda_{t+1} |x|^2 / 2 - theta_t . x + l_t(x), found by a search of another kind."""
    states = shown("implicit_ftrl", loss=kind)
    method = bound("implicit_ftrl", loss=kind)
    for t, (x, y) in enumerate(EXAMPLES, start=1):
        for r, rate in enumerate((0.5, 2.0)):
            later = (t + 1) ** 0.5 / rate

            def objective(w: np.ndarray, t: int = t, r: int = r, x: Any = x, y: float = y, later: float = later) -> Any:
                theta = np.asarray(states[t - 1].params[r], float)
                score = float(w @ np.array(x))
                short = {"squared": 0.5 * (score - y) ** 2, "absolute": abs(score - y), "hinge": max(0, 1 - y * score)}
                return later * w @ w / 2 - theta @ w + short[kind]

            options = {"xatol": 1e-7, "fatol": 1e-12, "maxiter": 4000}
            found = optimize.minimize(objective, np.zeros(2), method="Nelder-Mead", options=options).x
            np.testing.assert_allclose(states[t].params[r] / later, found, atol=2e-3)
        ahead = method.predict(states[t], jnp.array([1.0, 0.0]))
        np.testing.assert_allclose(ahead, states[t].params[:, 0] / ((t + 1) ** 0.5 / np.array([0.5, 2.0])), rtol=1e-5)


@pytest.mark.parametrize(
    ("implicit", "explicit"), [("implicit_ftrl", "linear_ftrl"), ("implicit_mirror_descent", "online_gradient")]
)
@pytest.mark.parametrize("kind", KINDS)
def test_small_rates_make_no_difference(implicit: str, explicit: str, kind: str) -> None:
    """Explicit and implicit steps agree to first order in the rate, and differ at large ones."""
    small = [shown(name, loss=kind, rates=(1e-6,))[-1].params for name in (implicit, explicit)]
    np.testing.assert_allclose(small[0], small[1], atol=1e-5 * np.abs(np.asarray(small[1])).max())
    large = [shown(name, loss=kind, rates=(3.0,))[-1].params for name in (implicit, explicit)]
    assert np.abs(np.asarray(large[0] - large[1])).max() > 0.1


def test_gradient_steps_by_hand() -> None:
    """Rate 0.5 and the squared loss; then absolute errors, whose implicit step stops at the kink."""
    w = np.zeros(2)
    v = np.zeros(2)
    for t, (x, y) in enumerate(EXAMPLES, start=1):
        a = np.array(x)
        eta = 0.5 / t**0.5
        w = w - eta * (a @ w - y) * a
        v = v - eta * (a @ v - y) / (1 + eta * a @ a) * a
        np.testing.assert_allclose(shown("online_gradient", EXAMPLES[:t])[-1].params[0], w, rtol=1e-5)
        np.testing.assert_allclose(shown("implicit_mirror_descent", EXAMPLES[:t])[-1].params[0], v, rtol=1e-5)
    once = shown("implicit_mirror_descent", EXAMPLES[:1], loss="absolute")[-1].params
    np.testing.assert_allclose(once[0] @ jnp.array([1.0, 2.0]), 1.0, rtol=1e-6)
    method = bound("online_gradient")
    state = _linear.Sweep(params=jnp.array([[1.0, 2.0], [3.0, 4.0]]), seen=jnp.zeros(()))
    np.testing.assert_allclose(method.predict(state, jnp.array([1.0, -1.0])), [-1.0, -1.0])


def test_adagrad_by_hand() -> None:
    w = np.zeros(2)
    squares = np.zeros(2)
    for t, (x, y) in enumerate(EXAMPLES, start=1):
        gradient = (np.array(x) @ w - y) * np.array(x)
        squares += gradient**2
        w = w - 0.5 * gradient / np.sqrt(squares)
        np.testing.assert_allclose(shown("diagonal_adagrad", EXAMPLES[:t])[-1].params[0], w, rtol=1e-5)


def test_coin_betting_by_hand() -> None:
    """With alpha 2 both sides of its maximum are taken."""
    w = np.zeros(2)
    bound_, sizes, reward, theta = (np.full(2, 1e-8), np.zeros(2), np.zeros(2), np.zeros(2))
    taken = set()
    won = 0.0
    for t, (x, y) in enumerate(EXAMPLES, start=1):
        g = (np.array(x) @ w - y) * np.array(x)
        bound_ = np.maximum(bound_, abs(g))
        sizes = sizes + abs(g)
        reward = np.maximum(reward - w * g, 0)
        won = max(won, reward.max())
        theta = theta - g
        taken |= set((sizes + bound_ > 2 * bound_).tolist())
        w = theta / (bound_ * np.maximum(sizes + bound_, 2 * bound_)) * (bound_ + reward)
        states = shown("coin_betting", EXAMPLES[:t], alpha=2.0)
        np.testing.assert_allclose(states[-1].params, w, rtol=1e-5)
    assert taken == {True, False}
    assert won > 0
    predicted = bound("coin_betting", alpha=2.0).predict(states[-1], jnp.array([1.0, 1.0]))
    np.testing.assert_allclose(predicted, [w.sum(), w.sum()], rtol=1e-5)


@pytest.mark.parametrize("alpha", [2.0, 100.0])
def test_the_first_bet_is_a_share_of_the_wealth_whatever_the_scale(alpha: float) -> None:
    """x = sign / alpha, for features of any size."""
    first = shown("coin_betting", [((3.0, -200.0), 1.0)], loss="absolute", alpha=alpha)[-1].params
    np.testing.assert_allclose(first, [1 / alpha, -1 / alpha], rtol=1e-6)


def test_ridge_regression_counts_the_next_input() -> None:
    x = np.array([e[0] for e in EXAMPLES])
    y = np.array([e[1] for e in EXAMPLES])
    states = shown("vovk_azoury_warmuth")
    for t in range(5):
        predicted = bound("vovk_azoury_warmuth").predict(states[t], jnp.array(x[t]))
        for r, rate in enumerate((0.5, 2.0)):
            gram = np.eye(2) / rate + x[: t + 1].T @ x[: t + 1]
            np.testing.assert_allclose(
                predicted[r], x[t] @ np.linalg.solve(gram, x[:t].T @ y[:t]), rtol=1e-4, atol=1e-6
            )
    assert "squared" in bound("vovk_azoury_warmuth").fits(StreamSpec(dim=2, loss="hinge", rates=(1.0,)))


def test_diverging_rates_stay_finite() -> None:
    """Squared losses at a rate of 1000 blow up; weights are cut where their loss has long passed its cap."""
    examples = [((30.0, -20.0), 1.0)] * 40
    for name in ("linear_ftrl", "online_gradient", "diagonal_adagrad"):
        state = shown(name, examples, rates=(1000.0,))[-1]
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state))
        assert np.abs(state.params).max() <= _linear.LARGEST


def line(kind: str, z: np.ndarray, y: np.ndarray) -> float:
    """The least sum of losses over weights, by linear programming."""
    n, d = z.shape
    if kind == "absolute":
        upper = np.block([[z, -np.eye(n)], [-z, -np.eye(n)]])
        limit = np.concatenate([y, -y])
    else:
        upper = np.block([[-y[:, None] * z, -np.eye(n)]])
        limit = -np.ones(n)
    bounds = [(None, None)] * d + [(0, None)] * n
    cost = np.concatenate([np.zeros(d), np.ones(n)])
    return float(optimize.linprog(cost, A_ub=upper, b_ub=limit, bounds=bounds).fun)


@pytest.mark.parametrize("kind", KINDS)
def test_best_fixed_weights_as_linear_programming_finds_them(kind: str) -> None:
    task = ScaledStream(loss=kind, steps=300)
    stream = jax.jit(task.stream)(jax.random.key(3))
    x = np.asarray(stream.x, float)
    y = np.asarray(stream.y, float)
    found = float(task.least(stream)) * 300
    if kind == "squared":
        rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
        np.testing.assert_allclose(found, rest @ rest / 2, rtol=1e-3)
    else:
        least = line(kind, x / x.std(0), y)
        assert least * 0.9999 < found < least * 1.005 + 0.02
    assert set(np.unique(np.sign(y))) == {-1.0, 1.0}


def test_streams_have_labels_of_variance_one_whatever_their_scales() -> None:
    task = ScaledStream(steps=200)
    streams = jax.jit(jax.vmap(task.stream))(jax.random.split(jax.random.key(5), 400))
    power = np.asarray((streams.y**2).mean(-1))
    np.testing.assert_allclose(power.mean(), 1.01, atol=0.1)
    scale = np.asarray((streams.x**2).mean(1)) ** 0.5
    assert 10**-0.9 < scale.min() < 10**-0.6
    assert 10**0.6 < scale.max() < 10**0.9


def test_a_prediction_is_paid_for_before_its_label_is_shown() -> None:
    """Three rounds of the task against the sums that a plain loop makes."""
    task = ScaledStream(steps=10, dim=2)
    world = task.sample(KEY)
    method = registry.load("methods", "online_learning/online_gradient")(spec=task.spec)
    state = method.init(KEY)
    paid = np.zeros(len(RATES))
    for t in range(3):
        x = np.asarray(world.stream.x[t])
        y = float(world.stream.y[t])
        paid += 0.5 * (np.asarray(state.params) @ x - y) ** 2
        world, batch = task.draw(world, KEY, Learner(method, state))
        np.testing.assert_array_equal(batch.x, x)
        state = method.update(state, batch, KEY)
    found = task.evaluate(world, KEY, Learner(method, state))
    mean = np.clip(paid / 3, 1e-12, 1e6)
    np.testing.assert_allclose(found["log_loss_over_rates"], np.log10(mean).mean(), rtol=1e-4)
    np.testing.assert_allclose(found["best_log_loss"], np.log10(mean.min()), rtol=1e-4)
    np.testing.assert_allclose(found["regret"], 3 * (mean.min() - float(task.least(world.stream))), rtol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_guarantee_is_the_sum_of_its_terms(kind: str) -> None:
    """From the definitions, with the conjugates found as suprema on a grid."""
    task = RegretGuarantee(loss=kind, steps=6, dim=2)
    world = task.sample(jax.random.key(1))
    method = registry.load("methods", "online_learning/implicit_ftrl")(spec=task.spec)
    state = method.init(KEY)
    scores = np.linspace(-60, 60, 240_001)
    rate = np.array(RATES)
    paid = np.zeros(len(RATES))
    conjugates = np.zeros(len(RATES))
    for t in range(1, 7):
        x = np.asarray(world.stream.x[t - 1])
        y = jnp.asarray(world.stream.y[t - 1])
        theta = np.asarray(state.params)
        paid += np.asarray(losses(kind, jnp.asarray(theta @ x * rate / t**0.5), y))
        world, batch = task.draw(world, KEY, Learner(method, state))
        state = method.update(state, batch, KEY)
        taken = (theta - np.asarray(state.params)) @ x / (x @ x)
        grid = np.asarray(losses(kind, jnp.asarray(scores), y))
        slope = taken if kind == "squared" else np.clip(taken, -1, 1)  # rounding may lead outside the domain
        conjugates += np.array([(c * scores - grid).max() for c in slope])
    best = np.asarray(world.stream.best)
    ours = 7**0.5 / rate * (best @ best) / 2 + (np.asarray(state.params) ** 2).sum(-1) * rate / (2 * 7**0.5)
    expected = np.log10(np.clip((ours + paid + conjugates) / 6, 1e-6, 1e6)).mean()
    found = task.evaluate(world, KEY, Learner(method, state))
    np.testing.assert_allclose(found["log_guarantee_over_rates"], expected, atol=2e-3)
    assert found["surrogate_violation"] < 1e-5
    assert found["bound_violation"] == 0
    false = world._replace(conjugates=world.conjugates - 1e3)  # a guarantee that promises too much
    assert task.evaluate(false, KEY, Learner(method, state))["bound_violation"] > 0.1


@pytest.mark.parametrize(("factor", "broken"), [(1.0, False), (2.0, True), (-1.0, True)])
def test_a_worse_dual_vector_is_noticed(factor: float, broken: bool) -> None:
    """A step against the gradient, or one of twice its size, has a larger H than the gradient."""
    task = RegretGuarantee(loss="squared", steps=5, dim=2)
    world = task.sample(jax.random.key(2))
    method = registry.load("methods", "online_learning/linear_ftrl")(spec=task.spec)
    state = method.init(KEY)
    for _ in range(5):
        world, batch = task.draw(world, KEY, Learner(method, state))
        step = method.update(state, batch, KEY).params - state.params
        state = _linear.Sweep(params=state.params + factor * step, seen=state.seen + 1)
    found = task.evaluate(world, KEY, Learner(method, state))
    assert (found["surrogate_violation"] > 1e-3) == broken


def test_implicit_steps_forgive_a_rate_that_is_too_large() -> None:
    """What it is all about: at a rate of 1000 the explicit learners diverge."""
    task = ScaledStream(steps=100)
    total = {}
    for name in ("linear_ftrl", "implicit_ftrl"):
        method = registry.load("methods", f"online_learning/{name}")(spec=task.spec)

        def play(carry: Any, _: None, method: Any = method) -> tuple[Any, None]:
            world, batch = task.draw(carry[0], KEY, Learner(method, carry[1]))
            return (world, method.update(carry[1], batch, KEY)), None

        start = (task.sample(jax.random.key(4)), method.init(KEY))
        total[name] = jax.lax.scan(play, start, None, length=100)[0][0].total
    assert total["linear_ftrl"][-1] > 1e6
    assert total["implicit_ftrl"][-1] < 1e3
    assert float(best_fixed("squared", jnp.eye(2), jnp.array([1.0, 2.0]))[1]) == pytest.approx(2.0, rel=1e-3)


def test_a_misspelled_loss_is_named() -> None:
    with pytest.raises(UsageError, match="use one of squared, absolute, hinge"):
        _ = ScaledStream(loss="square").spec
