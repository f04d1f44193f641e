"""Schedules: every rule by a plain loop, the bound by its double sum, the optimum by linear programming."""

from dataclasses import replace
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy import ndimage, optimize

from toybench.errors import UsageError
from toybench.methods.learning_rates.refined import Refined, median_filter
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.learning_rates._sweeps import best_rate
from toybench.tasks.learning_rates.nonsmooth_schedules import (
    RATES,
    UNIT,
    Deviations,
    NonsmoothSchedules,
    bound_terms,
    column_scales,
    least_deviations,
    log_best,
    mean_deviation,
)

T = 30
TASK = NonsmoothSchedules(steps=2 * T, dim=6, count=25, batch=2)
WORLD = TASK.sample(jax.random.key(3))
X, Y, ROWS = (np.asarray(a, np.float64) for a in (WORLD.x, WORLD.y, WORLD.rows))
LR = 0.04
FORMULAS = {
    "constant": lambda t: 1.0,
    "inverse_sqrt": lambda t: (t + 1) ** -0.5,
    "linear": lambda t: 1 - t / T,
    "cosine": lambda t: (1 + np.cos(np.pi * t / T)) / 2,
    "wsd": lambda t: min(1.0, (T - t) / (0.2 * T)),
}
AVERAGES = ("polyak_average", "tail_average", "schedule_free_sgd")


def rule(name, task=TASK, world=WORLD, **fields):
    cls = registry.load("methods", f"learning_rates/{name}")
    return cls(spec=task.spec, steps=task.steps, given=task.given(world), **{"lr": LR, **fields})


def ran(method, task=TASK, world=WORLD, batches=None):
    """The state after so many batches, by default all."""

    def move(carry, _):
        world, state = carry
        world, batch = task.draw(world, jax.random.key(0), None)
        return (world, method.update(state, batch, jax.random.key(0))), None

    start = (world, method.init(jax.random.key(0)))
    return jax.lax.scan(move, start, None, length=batches or task.steps)[0][1]


def subgradient(w, step):
    rows = ROWS[step].astype(int)
    return np.sign(X[rows] @ w - Y[rows]) @ X[rows] / len(rows)


def walked(lr, factor, start=None, rehearsal=False):
    """Iterates and subgradients' norms of plain subgradient descent on the last T batches, or on the first."""
    w = np.zeros(TASK.dim) if start is None else start
    path = []
    norms = []
    for t in range(T):
        g = subgradient(w, t if rehearsal else T + t)
        w = w - lr * factor(t) * g
        path.append(w)
        norms.append(np.linalg.norm(g))
    return np.array(path), np.array(norms)


def states(method):
    return [(i, float(method.peaks(())[i])) for i in (0, 9, 16, 20, 33)]


@pytest.mark.parametrize("name", FORMULAS)
def test_a_schedule_is_subgradient_descent_by_its_formula(name):
    method = rule(name)
    state = ran(method)
    for i, lr in states(method):
        path, _ = walked(lr, FORMULAS[name])
        np.testing.assert_allclose(method.weights(state)[i], path[-1], atol=1e-4, rtol=1e-3)
    shape = np.asarray(method.shape(state))
    np.testing.assert_array_equal(shape[:, :T], 0)
    np.testing.assert_allclose(shape[:, T:], np.tile([FORMULAS[name](t) for t in range(T)], (34, 1)), atol=1e-6)


def test_linear_decay_over_all_batches_moves_in_the_rehearsal_too():
    method = rule("linear_whole")
    state = ran(method)
    for i, lr in states(method):
        first, _ = walked(lr, lambda t: 1 - t / (2 * T), rehearsal=True)
        path, _ = walked(lr, lambda t: 0.5 - t / (2 * T), start=first[-1])
        np.testing.assert_allclose(method.weights(state)[i], path[-1], atol=1e-4, rtol=1e-3)
    np.testing.assert_allclose(method.shape(state)[5], 1 - np.arange(2 * T) / (2 * T), atol=1e-6)


def test_averages_are_of_the_iterates_of_a_constant_rate():
    plain = ran(rule("polyak_average"))
    tail = ran(rule("tail_average", tail=0.3))
    early = ran(rule("tail_average", tail=0.3), batches=T + 12)
    for i, lr in states(rule("polyak_average")):
        path, _ = walked(lr, lambda t: 1.0)
        np.testing.assert_allclose(rule("polyak_average").weights(plain)[i], path.mean(0), atol=1e-4, rtol=1e-3)
        np.testing.assert_allclose(rule("tail_average").weights(tail)[i], path[-9:].mean(0), atol=1e-4, rtol=1e-3)
        np.testing.assert_allclose(rule("tail_average").weights(early)[i], path[11], atol=1e-4, rtol=1e-3)


def test_limits_in_which_one_average_is_another():
    plain = ran(rule("polyak_average"))
    np.testing.assert_allclose(ran(rule("tail_average", tail=1.0)).slots, plain.slots, atol=1e-5)
    np.testing.assert_allclose(ran(rule("schedule_free_sgd", beta=0.0)).slots, plain.slots, atol=1e-5)


def test_schedule_free_is_the_librarys():
    library = optax.contrib.schedule_free(optax.sgd(LR), learning_rate=LR, b1=0.9)
    y = jnp.zeros(TASK.dim)
    memory = library.init(y)
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        for t in range(T):
            g = jnp.asarray(subgradient(np.asarray(y, np.float64), T + t), jnp.float32)
            updates, memory = library.update(g, memory, y)
            y = optax.apply_updates(y, updates)
    expected = optax.contrib.schedule_free_eval_params(memory, y)
    method = rule("schedule_free_sgd")
    np.testing.assert_allclose(method.weights(ran(method))[-1], expected, atol=1e-4)


@pytest.mark.parametrize("name", [*FORMULAS, *AVERAGES])
def test_the_rehearsal_passes(name):
    method = rule(name)
    state = ran(method, batches=T)
    np.testing.assert_array_equal(method.weights(state), 0)
    assert int(state.seen) == T


def test_the_refined_rule_rehearses_refines_and_starts_again():
    method = rule("refined")
    after = ran(method, batches=T)
    np.testing.assert_array_equal(after.params, 0)
    state = ran(method)
    for i, lr in states(method):
        _, norms = walked(lr, lambda t: 1 - t / T, rehearsal=True)
        heed = ndimage.median_filter(np.pad(norms, (0, 6), mode="reflect"), size=3, mode="nearest")[:T] ** -2.0
        schedule = np.array([heed[t] * heed[t + 1 :].sum() for t in range(T)])
        schedule = schedule / schedule.max()
        np.testing.assert_allclose(method.shape(state)[i, T:], schedule, atol=2e-4)
        path, _ = walked(lr, lambda t, schedule=schedule: schedule[t])
        np.testing.assert_allclose(method.weights(state)[i], path[-1], atol=1e-3, rtol=1e-3)
    np.testing.assert_array_equal(method.shape(state)[:, :T], 0)


def test_refined_schedules_by_hand():
    unfiltered = Refined(spec=Deviations(length=4), parts=10)
    schedule = unfiltered.refine(jnp.array([1.0, 2.0, 1.0, 1.0]))  # weights 1, 1/4, 1, 1
    np.testing.assert_allclose(schedule, np.array([2.25, 0.5, 1.0, 0.0]) / 2.25, rtol=1e-5)
    even = Refined(spec=Deviations(length=9)).refine(jnp.full(9, 0.7))
    np.testing.assert_allclose(even, 1 - np.arange(9) / 8, rtol=1e-5)


def test_where_gradients_shrink_the_refined_rate_warms_up():
    norms = jnp.where(jnp.arange(100) < 20, 3.0, 1.0)
    schedule = Refined(spec=Deviations(length=100)).refine(norms)
    assert int(schedule.argmax()) == 20
    assert float(schedule[0]) == pytest.approx((19 / 9 + 80) / 9 / 79, rel=1e-4)


@pytest.mark.parametrize("half", [0, 1, 4])
def test_medians_are_those_of_the_authors_filter(half):
    values = np.random.default_rng(0).gamma(2.0, size=40).astype(np.float32)
    width = 2 * half + 1
    padded = np.pad(values, (0, 2 * width), mode="reflect")
    expected = ndimage.median_filter(padded, size=width, mode="nearest")[: len(values)]
    np.testing.assert_allclose(median_filter(jnp.asarray(values), half), expected, rtol=1e-5)


def double_sum(rates, distance, squared):
    """The bound of Theorem 10, term by term."""
    n = len(rates)
    total = (distance**2 + squared * (rates**2).sum()) / (2 * rates.sum())
    for k in range(n - 1):
        if rates[k + 1 :].sum() > 0:
            parts = rates[k] / rates[k + 1 :].sum() * squared * (rates[k:] ** 2).sum() / rates[k:].sum()
            total += 0.5 * parts
    return total


def test_the_bound_is_its_double_sum():
    shape = np.random.default_rng(1).uniform(size=14)
    shape[:3] = 0
    shape[-2:] = 0
    falling, rising = bound_terms(jnp.asarray(shape, jnp.float32), jnp.float32(2.0), jnp.float32(3.0))
    for lr in (0.1, 2.0):
        expected = double_sum(lr * shape, 2.0, 3.0)
        assert float(falling / lr + rising * lr) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "least", "ratio"),
    [("constant", 0.5237, 1), ("linear", 0.3507, 2.98), ("cosine", 0.3609, 2.90), ("wsd", 0.3795, 1.53)]
    + [("inverse_sqrt", 0.4608, 23.1)],
)
def test_bounds_and_best_rates_of_the_schedules(name, least, ratio):
    """At distance 7, norm 1 and 1,600 updates; linear decay's bound is D G / sqrt(T) twice, but for its last update."""
    task = NonsmoothSchedules()
    method = rule(name, task=task, world=WORLD)
    shape = method.formula(jnp.arange(1600))
    terms = bound_terms(shape, jnp.float32(7.0), jnp.float32(1.0))
    assert 2 * float(terms[0] * terms[1]) ** 0.5 == pytest.approx(least, abs=2e-4)
    plain = bound_terms(jnp.ones(1600), jnp.float32(7.0), jnp.float32(1.0))
    assert 10 ** float(log_best(terms) - log_best(plain)) == pytest.approx(ratio, rel=5e-3)


@pytest.mark.parametrize("columns", ["equal", "power"])
def test_the_optimum_is_that_of_linear_programming(columns):
    world = NonsmoothSchedules(columns=columns, steps=2).sample(jax.random.key(5))
    x, y = np.asarray(world.x, np.float64), np.asarray(world.y, np.float64)
    n, d = x.shape
    slack = -np.eye(n)
    found = optimize.linprog(
        np.r_[np.zeros(d), np.full(n, 1 / n)],
        A_ub=np.block([[x, slack], [-x, slack]]),
        b_ub=np.r_[y, -y],
        bounds=[(None, None)] * d + [(0, None)] * n,
    )
    assert float(world.least) == pytest.approx(found.fun, abs=1e-4)
    assert float(mean_deviation(world.x, world.y, world.optimum)) == pytest.approx(float(world.least))
    assert float(least_deviations(world.x[:, :1], world.y)[0]) == pytest.approx(
        optimize.minimize_scalar(lambda w: np.abs(x[:, 0] * w - y).mean(), (-3, 3)).x, abs=5e-2
    )


def test_worlds_have_the_moments_they_say():
    equal = NonsmoothSchedules(count=4000, steps=2).sample(jax.random.key(6))
    power = NonsmoothSchedules(count=4000, steps=2, columns="power").sample(jax.random.key(6))
    for world in (equal, power):
        assert float((world.x**2).sum(-1).mean()) == pytest.approx(50, rel=0.03)
    spread = np.asarray(power.x.std(0))
    np.testing.assert_allclose(spread / spread[0] * np.arange(1, 51), 1, atol=0.08)
    residual = np.asarray(equal.y - equal.x @ equal.optimum)
    assert np.median(np.abs(residual)) == pytest.approx(0.5 * 0.765, rel=0.06)  # quartile of Student's t, 3 degrees
    assert np.abs(residual).max() > 5  # heavy tails
    level = np.sqrt(50 / (np.arange(1.0, 51) ** -2).sum())
    raw = np.asarray(power.x) / (level * np.arange(1.0, 51) ** -1)
    np.testing.assert_allclose(raw, equal.x, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(level * np.asarray(power.optimum)[:5], equal.optimum[:5], atol=0.15)  # the same truth
    assert float(equal.optimum.std()) == pytest.approx(1, abs=0.25)
    np.testing.assert_allclose(equal.rows, power.rows)


def test_scales_of_columns():
    np.testing.assert_allclose(column_scales("power", 4), [1, 1 / 2, 1 / 3, 1 / 4])
    np.testing.assert_allclose(column_scales("equal", 3), 1)
    with pytest.raises(UsageError, match="no columns 'bent'; use one of equal, power"):
        column_scales("bent", 3)


def test_batches_are_the_rows_in_their_order():
    world = WORLD
    for step in range(3):
        world, batch = TASK.draw(world, jax.random.key(step), None)
        np.testing.assert_array_equal(batch.x, WORLD.x[WORLD.rows[step]])
        np.testing.assert_array_equal(batch.y, WORLD.y[WORLD.rows[step]])
    assert (np.asarray(WORLD.rows).min(), np.asarray(WORLD.rows).max()) == (0, 24)
    w = jnp.arange(6.0)
    np.testing.assert_allclose(TASK.spec.losses(w, batch), np.abs(batch.x @ w - batch.y), rtol=1e-6)


def test_metrics_of_a_known_sweep():
    """Weights that lie off the optimum by a parabola in the logarithm of the rate, whose gap is measured."""
    peaks = np.append(UNIT * np.array(RATES), LR)
    off = 0.3 + (np.log10(peaks) + 1.2) ** 2
    weights = WORLD.optimum[None] + off[:, None].astype(np.float32)
    shape = jnp.broadcast_to(jnp.asarray(FORMULAS["wsd"](np.float64(0)) * np.linspace(1, 0.1, T), jnp.float32), (34, T))
    learner = SimpleNamespace(weights=lambda: weights, peaks=lambda: jnp.asarray(peaks), shape=lambda: shape)
    found = TASK.evaluate(WORLD, jax.random.key(0), learner)
    gaps = np.abs(X @ np.asarray(weights, np.float64).T - Y[:, None]).mean(0) - float(WORLD.least)
    assert float(found["gap"]) == pytest.approx(gaps[-1], rel=1e-4)
    logs = np.log10(gaps[:-1])
    i = logs.argmin()
    vertex = np.polyfit(np.log10(peaks[i - 1 : i + 2]), logs[i - 1 : i + 2], 2)
    best = -vertex[1] / (2 * vertex[0])
    assert float(found["best_log_rate"]) == pytest.approx(best, abs=2e-3)
    distance, squared = np.linalg.norm(WORLD.optimum), (X**2).sum(-1).mean()
    bounds = np.array([double_sum(p * np.linspace(1, 0.1, T), distance, squared) for p in peaks])
    assert float(found["bound_excess"]) == pytest.approx((gaps - bounds).max(), rel=1e-3)
    grid = np.geomspace(1e-4, 1e2, 60_001)

    def predicted(rates):
        terms = bound_terms(jnp.asarray(rates, jnp.float32), jnp.float32(distance), jnp.float32(squared))
        return np.log10(grid[(float(terms[0]) / grid + float(terms[1]) * grid).argmin()])

    ratio = predicted(np.linspace(1, 0.1, T)) - predicted(np.ones(T))
    by_bound = best - float(WORLD.constant) - ratio
    by_sum = best - float(WORLD.constant) - np.log10(T / np.linspace(1, 0.1, T).sum())
    assert float(found["transfer_log_error"]) == pytest.approx(by_bound, abs=3e-3)
    assert float(found["sum_log_error"]) == pytest.approx(by_sum, abs=3e-3)
    assert float(found["bound_lead"]) == pytest.approx(abs(by_sum) - abs(by_bound), abs=6e-3)


def test_the_worlds_constant_schedule_is_the_method():
    method = rule("constant")
    found = TASK.evaluate(WORLD, jax.random.key(0), Learner(method, ran(method)))
    assert float(found["transfer_log_error"]) == pytest.approx(0, abs=1e-3)
    assert float(found["best_log_rate"]) == pytest.approx(float(WORLD.constant), abs=1e-3)


def test_the_best_rate_is_the_vertex_of_a_parabola():
    logs = jnp.linspace(-2.0, 2.0, 9)
    assert float(best_rate(logs, (logs - 0.37) ** 2)) == pytest.approx(0.37, abs=1e-5)
    assert float(best_rate(logs, (logs - 0.13) ** 2)) == pytest.approx(0.13, abs=1e-5)
    assert float(best_rate(logs, (logs + 9) ** 2)) == pytest.approx(-2.0)  # no further than the grid
    assert float(best_rate(logs, -logs)) == pytest.approx(1.5)  # straight: no vertex
    assert np.isfinite(float(best_rate(logs, jnp.zeros(9))))


def test_references_differ_and_rules_arrive_between_them():
    floor, oracle = TASK.floor(WORLD), TASK.oracle(WORLD)
    worst = float(TASK.evaluate(WORLD, jax.random.key(0), floor)["gap"])
    best = float(TASK.evaluate(WORLD, jax.random.key(0), oracle)["gap"])
    assert best == pytest.approx(0, abs=1e-6)
    assert worst == pytest.approx(np.abs(Y).mean() - float(WORLD.least), rel=1e-4)
    task = replace(TASK, steps=1200)
    world = task.sample(jax.random.key(8))
    method = rule("linear", task=task, world=world, lr=0.1)
    found = task.evaluate(world, jax.random.key(0), Learner(method, ran(method, task=task, world=world)))
    assert 0 < float(found["gap"]) < 0.05 * float(np.abs(world.y).mean())
    assert float(found["bound_excess"]) < 0


def test_the_sweep_ends_with_the_tuned_rate():
    method = rule("wsd", lr=0.123)
    peaks = np.asarray(method.peaks(()))
    np.testing.assert_allclose(peaks[:-1], UNIT * np.logspace(-2, 2, 33), rtol=1e-5)
    assert peaks[-1] == pytest.approx(0.123)
    assert method.parameters(method.init(jax.random.key(0))).shape == (6,)
    assert "rehearsal" in method.fits(object())
    assert method.fits(TASK.spec) is None
    lrs = registry.load("methods", "learning_rates/wsd").space["lr"]
    np.testing.assert_allclose(np.diff(np.log10(lrs)), 1 / 8, atol=2e-3)
    assert len(lrs) == 16
