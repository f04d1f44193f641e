"""Guarantees of risk control, exactly: over all orders of a bag of points, and for any sequence."""

import dataclasses
from fractions import Fraction
from math import ceil

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.methods.conformal._risk import first
from toybench.methods.conformal.rcps_hoeffding_bentkus import below, divergence
from toybench.methods.conformal.split_conformal import order
from toybench.plugins import registry
from toybench.tasks.conformal._risk import GRID, Losses, Points, RiskSpec, losses, sizes

KEY = jax.random.key(0)


def make(name: str, alpha: float, replicates: int, grid: int, points: int = 0, **fields):
    spec = RiskSpec(replicates=replicates, grid=grid, points=points)
    return registry.load("methods", f"conformal/{name}")(spec=spec, steps=1, given=jnp.float32(alpha), **fields)


@jax.jit
def choose(method, alpha, loss):
    method = dataclasses.replace(method, given=alpha)
    return method.size_index(method.update(method.init(KEY), Losses(loss), KEY))


def chosen(method, loss) -> np.ndarray:
    """Thresholds after one batch of losses [r, n, g]."""
    bare = dataclasses.replace(method, given=())
    return np.asarray(choose(bare, method.given, jnp.asarray(loss, jnp.float32)))


def steps(index: np.ndarray, grid: int) -> np.ndarray:
    """0/1 losses [..., g] of points that are covered from `index` on."""
    return (np.arange(grid) < index[..., None]).astype(np.float32)


def leave_one_out(loss: np.ndarray) -> np.ndarray:
    """Losses [n, g] of a bag as n calibration sets, each without one point: [n, n - 1, g]."""
    return np.stack([np.delete(loss, i, axis=0) for i in range(len(loss))])


def bag(seed: int, n: int, grid: int) -> np.ndarray:
    """Losses [n, g] of n points, falling from 1 to 0 in steps at random places."""
    rng = np.random.default_rng(seed)
    drops = rng.integers(1, grid, (n, 4))
    return (np.arange(grid)[None, None] < drops[..., None]).mean(1)


def test_a_set_worked_by_hand() -> None:
    loss = np.array([[1, 1, 0, 0], [1, 0.5, 0.5, 0], [1, 0, 0, 0], [1, 0.5, 0, 0]])[None]  # sums 4, 2, 0.5, 0
    assert chosen(make("conformal_risk_control", 0.4, 1, 4, 4), loss) == 2  # (0.5 + 1) / 5 <= 0.4 < (2 + 1) / 5
    assert chosen(make("empirical_threshold", 0.5, 1, 4, 4), loss) == 1
    assert chosen(make("conformal_risk_control", 0.1, 1, 4, 4), loss) == 3  # nothing is feasible: the largest set


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.2, 1 / 3])
def test_the_order_statistic_is_exact(alpha: float) -> None:
    exact = Fraction(alpha).limit_denominator(100)
    n = np.arange(1, 300)
    want = [ceil((m + 1) * (1 - exact)) for m in n.tolist()]
    np.testing.assert_array_equal(order(jnp.asarray(n, jnp.float32), jnp.float32(alpha)), want)


@pytest.mark.parametrize(("n", "alpha"), [(9, 0.1), (12, 0.1), (19, 0.1), (30, 0.2)])
def test_split_conformal_covers_a_bag_exactly_as_often_as_promised(n: int, alpha: float) -> None:
    index = np.random.default_rng(n).permutation(n + 1) + 1  # distinct scores, any of which may be the test point
    loss = steps(index, n + 3)
    at = chosen(make("split_conformal", alpha, n + 1, n + 3, n), leave_one_out(loss))
    covered = np.mean([loss[i, at[i]] == 0 for i in range(n + 1)])
    assert covered == pytest.approx(ceil(round((n + 1) * (1 - alpha), 6)) / (n + 1))


def test_risk_control_equals_split_conformal_under_miscoverage() -> None:
    rng = np.random.default_rng(1)
    for n in (5, 9, 10, 29, 49):
        loss = steps(rng.integers(0, 21, (64, n)), 21)
        controlled = chosen(make("conformal_risk_control", 0.1, 64, 21, n), loss)
        np.testing.assert_array_equal(controlled, chosen(make("split_conformal", 0.1, 64, 21, n), loss))


def test_risk_over_a_bag_is_at_most_alpha_and_the_plug_in_exceeds_it() -> None:
    bags = [bag(seed, 11, 31) for seed in range(20)]
    sets, excess = np.concatenate([leave_one_out(b) for b in bags]), {}
    for method in ("conformal_risk_control", "empirical_threshold"):
        at = chosen(make(method, 0.25, 220, 31, 10), sets).reshape(20, 11)
        suffered = [[b[i, t[i]] for i in range(11)] for b, t in zip(bags, at, strict=True)]
        excess[method] = np.mean(suffered, axis=1) - 0.25
    assert excess["conformal_risk_control"].max() <= 1e-6
    assert excess["empirical_threshold"].max() > 0.01


def test_no_decay_is_conformal_risk_control_bit_for_bit() -> None:
    loss = np.stack([bag(s, 40, GRID) for s in range(4)])
    crc = make("conformal_risk_control", 0.2, 4, GRID)
    weighted = make("nonexchangeable_crc", 0.2, 4, GRID, rho=1.0)
    np.testing.assert_array_equal(chosen(crc, loss), chosen(weighted, loss))
    for part in np.split(loss, 8, axis=1):
        a, b = (m.update(m.init(KEY), Losses(jnp.asarray(part, jnp.float32)), KEY) for m in (crc, weighted))
        np.testing.assert_array_equal(a.total, b.total)
        np.testing.assert_array_equal(a.weight, b.weight)


def test_weights_fade_with_age_in_a_stream_as_in_a_batch() -> None:
    loss, rho = np.stack([bag(3, 30, 51)]), 0.9
    method = make("nonexchangeable_crc", 0.2, 1, 51, rho=rho)
    state = method.init(KEY)
    for i in range(30):
        state = method.update(state, Losses(jnp.asarray(loss[:, i : i + 1], jnp.float32)), KEY)
    weight = rho ** np.arange(30, 0, -1)
    bound = ((weight[:, None] * loss[0]).sum(0) + 1) / (weight.sum() + 1)
    assert method.size_index(state)[0] == np.argmax(bound <= 0.2)
    assert chosen(method, loss)[0] == np.argmax(bound <= 0.2)


def test_a_window_keeps_the_last_points_alone() -> None:
    loss = np.stack([bag(s, 25, 51) for s in range(3)])
    crc = make("conformal_risk_control", 0.25, 3, 51)
    np.testing.assert_array_equal(chosen(make("window_crc", 0.25, 3, 51, window=25), loss), chosen(crc, loss))
    np.testing.assert_array_equal(chosen(make("window_crc", 0.25, 3, 51, window=8), loss), chosen(crc, loss[:, -8:]))


@pytest.mark.parametrize("gamma", [0.02, 0.3])
def test_the_average_loss_of_an_adaptive_set_is_bounded_for_any_sequence(gamma: float) -> None:
    n, grid, alpha = 400, 21, 0.2
    rng = np.random.default_rng(0)
    index = np.where(np.arange(n) % 150 < 75, 1 + rng.integers(0, 3, n), 20 - rng.integers(0, 5, n))
    loss = jnp.asarray(steps(index, grid))[None]  # 1 at the empty set, 0 at the full one
    method = make("adaptive_conformal", alpha, 1, grid, gamma=gamma)

    def step(theta, row):
        at = method.size_index(theta)
        return method.update(theta, Losses(row[None, None]), KEY), row[at[0]]

    _, suffered = jax.jit(lambda x: jax.lax.scan(step, method.init(KEY), x))(loss[0])
    assert abs(float(suffered.mean()) - alpha) <= (1 + gamma) / (gamma * n)


def test_the_first_feasible_size_is_safe_from_there_on() -> None:
    feasible = jnp.array([[0, 0, 0, 0], [0, 1, 0, 1], [1, 1, 1, 1], [0, 0, 1, 1]], bool)
    np.testing.assert_array_equal(first(feasible), [3, 3, 0, 2])


def test_binomial_tails() -> None:
    np.testing.assert_allclose(below(50, jnp.float32(0.1)), stats.binom.cdf(np.arange(51), 50, 0.1), atol=1e-4)


def test_the_divergence_of_two_coins() -> None:
    found = divergence(jnp.array([0.05, 0.1, 0.0]), jnp.float32(0.1))
    want = [0.05 * np.log(0.5) + 0.95 * np.log(0.95 / 0.9), 0, -np.log(0.9)]
    np.testing.assert_allclose(found, want, atol=1e-5)


@pytest.mark.parametrize("name", ["rcps_hoeffding", "rcps_hoeffding_bentkus", "rcps_betting"])
def test_a_risk_just_above_alpha_is_seldom_accepted_and_a_low_one_is(name: str) -> None:
    rng, n, r = np.random.default_rng(0), 100, 1000
    method = make(name, 0.2, r, 2, n)

    def accepted(p: float) -> float:
        loss = np.stack([rng.random((r, n)) < p, np.zeros((r, n))], axis=-1)
        return float(np.mean(chosen(method, loss) == 0))

    assert accepted(0.2001) <= 0.1 + 3 * (0.09 / r) ** 0.5
    assert accepted(0.04) > 0.8


@pytest.mark.parametrize(("missed", "chosen_size"), [(2, 0), (3, 0), (4, 1)])
def test_hoeffding_and_bentkus_by_hand(missed: int, chosen_size: int) -> None:
    """40 points at alpha 0.2: the p-value of `missed` losses by the tighter bound, against delta 0.1."""
    n, alpha, risk = 40, 0.2, missed / 40
    kl = risk * np.log(risk / alpha) + (1 - risk) * np.log((1 - risk) / (1 - alpha))
    p = min(np.exp(-n * kl), np.e * stats.binom.cdf(missed, n, alpha))
    loss = np.zeros((1, n, 2))
    loss[0, :missed, 0] = 1
    assert (p > 0.1) == bool(chosen_size)
    assert chosen(make("rcps_hoeffding_bentkus", alpha, 1, 2, n), loss) == chosen_size


def test_the_capital_of_a_bet_by_hand() -> None:
    n, alpha, delta = 3, 0.4, 0.1
    losses_of = [0.0, 0.5, 0.0]
    method = make("rcps_betting", alpha, 1, 1, n)
    state = method.update(method.init(KEY), Losses(jnp.asarray(losses_of)[None, :, None]), KEY)
    total = squares = 0.0
    capital, best = 1.0, 1.0
    for i, loss in enumerate(losses_of):
        stake = min(1.0, np.sqrt(2 * np.log(1 / delta) / (n * (0.25 + squares) / (1 + i))))
        capital *= 1 - stake * (loss - alpha)
        best = max(best, capital)
        total += loss
        squares += (loss - (0.5 + total) / (2 + i)) ** 2
    assert float(state.capital[0, 0]) == pytest.approx(np.log(capital), abs=1e-5)
    assert float(state.best[0, 0]) == pytest.approx(np.log(best), abs=1e-5)
    assert float(state.squares[0, 0]) == pytest.approx(squares, abs=1e-5)


def test_steps_of_an_adaptive_set_by_hand() -> None:
    method = make("adaptive_conformal", 0.2, 1, 11, gamma=0.3)
    first_loss = np.zeros((1, 1, 11))
    theta = method.update(method.init(KEY), Losses(jnp.asarray(first_loss, jnp.float32)), KEY)
    assert float(theta[0]) == pytest.approx(1 - 0.3 * 0.2)
    assert int(method.size_index(theta)[0]) == 10  # 0.94 of the grid, rounded up
    missed = method.update(theta, Losses(jnp.ones((1, 1, 11))), KEY)
    assert float(missed[0]) == pytest.approx(0.94 + 0.3 * 0.8)


def test_hoeffding_by_hand() -> None:
    n = 100  # the bound adds sqrt(log 10 / 200) = 0.1073 to the risk
    loss = np.zeros((2, n, 2))
    loss[0, :9, 0] = 1
    loss[1, :10, 0] = 1
    np.testing.assert_array_equal(chosen(make("rcps_hoeffding", 0.2, 2, 2, n), loss), [0, 1])


def test_hoeffding_has_only_the_full_set_for_few_points() -> None:
    assert chosen(make("rcps_hoeffding", 0.1, 1, 5, 50), np.zeros((1, 50, 5))) == 4


def test_the_share_of_missed_labels_by_hand() -> None:
    score = jnp.zeros((3, 10)).at[:, :2].set(jnp.array([0.9, 0.3])[None])
    true = jnp.zeros((3, 10), bool).at[0, :2].set(True).at[1, 0].set(True)
    p = Points(score, true)
    at = jnp.array([0, 40, 160, 200])  # lambda 0, 0.2, 0.8, 1: nothing, one label, two labels, all
    np.testing.assert_allclose(losses(p)[:, at], np.array([[1, 0.5, 0, 0], [1.0, 0, 0, 0], [0.0, 0, 0, 0]]))
    np.testing.assert_allclose(sizes(p)[0, at], [0, 1, 2, 10])


def test_the_best_sizes_of_a_drifting_stream_keep_alpha_and_a_fixed_one_does_not() -> None:
    task = registry.load("tasks", "conformal/multilabel_stream")(shift="drift", streams=2)
    world = jax.jit(lambda k: task.sample(k))(KEY)
    oracle = task.oracle(world)
    found = task.evaluate(world, KEY, oracle)
    assert 0 <= float(found["risk_gap"]) < 0.01
    fixed = int(oracle.size_index()[0, 0])
    stays = type("Stays", (), {"size_index": lambda self: jnp.full((2,), fixed)})()
    assert float(task.evaluate(world, KEY, stays)["late_excess"]) > 0.03
