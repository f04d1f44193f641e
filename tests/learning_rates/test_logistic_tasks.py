"""Logistic regression on columns of different sizes: its data, its optimum by a second way, what is judged."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize, stats

from toybench.errors import UsageError
from toybench.tasks.learning_rates import _logistic as logistic
from toybench.tasks.learning_rates.rate_robustness import RateRobustness
from toybench.tasks.learning_rates.scale_pair import ScalePair
from toybench.tasks.learning_rates.scaled_logistic import ScaledLogistic


def drawn(noisy=False, n=400, d=6, scale=2.0):
    points, sizes, plane = logistic.draw_points(jax.random.key(3), n, d, scale, noisy)
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), (points, sizes, plane))


def loss(w, points):
    margins = points.y * (points.x @ w)
    return np.logaddexp(0, -margins).mean() + 0.5 * (points.ridge * w**2).sum()


def test_labels_are_sides_of_a_plane_and_no_point_is_near_it():
    points, sizes, plane = drawn(n=5000)
    margins = points.x @ plane
    np.testing.assert_allclose(np.linalg.norm(plane * sizes), 1, rtol=1e-5)
    assert np.abs(margins).min() > 0.1 - 1e-3
    assert (np.sign(margins) == points.y).all()
    cut = stats.truncnorm(0.1, np.inf)
    assert stats.kstest(np.abs(margins), cut.cdf).pvalue > 1e-3
    across = (points.x / sizes) @ np.linalg.svd((plane * sizes)[None])[2][1:].T  # what isn't across the plane is normal
    assert stats.kstest(across.ravel(), stats.norm.cdf).pvalue > 1e-3


def test_one_noisy_label_in_ten_is_wrong():
    points, _, plane = drawn(noisy=True, n=5000)
    assert np.mean(np.sign(points.x @ plane) != points.y) == pytest.approx(0.1, abs=0.02)


def test_sizes_are_uniform_in_the_logarithm():
    _, sizes, _ = drawn(n=2, d=3000, scale=1.5)
    assert stats.kstest(np.log10(sizes), stats.uniform(-1.5, 3).cdf).pvalue > 1e-3


@pytest.mark.parametrize("ridge", [0.0, 1e-3])
def test_the_optimum_is_scipys(ridge):
    points, sizes, _ = drawn(noisy=True)
    points = points._replace(ridge=ridge * sizes**2)
    found = np.asarray(logistic.solve(jax.tree.map(jnp.float32, points), jnp.float32(sizes)), np.float64)
    scaled = points._replace(x=points.x / sizes, ridge=points.ridge / sizes**2)
    best = optimize.minimize(lambda w: loss(w, scaled), np.zeros(6), method="BFGS", options={"gtol": 1e-10})
    np.testing.assert_allclose(found * sizes, best.x, rtol=2e-3, atol=1e-3)
    assert loss(found, points) - best.fun < 1e-9


@pytest.mark.parametrize("distance", [1e-4, 1e-2, 0.3, 3.0, 60.0])
def test_the_excess_is_a_difference_of_losses(distance):
    points, sizes, _ = drawn(noisy=True)
    points = points._replace(ridge=1e-3 * sizes**2)
    scaled = points._replace(x=points.x / sizes, ridge=points.ridge / sizes**2)
    tight = {"gtol": 1e-13}
    best = optimize.minimize(lambda w: loss(w, scaled), np.zeros(6), method="BFGS", options=tight).x
    away = best + distance * np.array([0.3, -0.5, 0.1, 0.6, -0.2, 0.5])
    exact = loss(away, scaled) - loss(best, scaled)
    found = logistic.excess(jax.tree.map(jnp.float32, scaled), jnp.float32(away), jnp.float32(best))
    np.testing.assert_allclose(found, exact, rtol=5e-3)


def judged(task, weights, world):
    return task.evaluate(world, jax.random.key(0), SimpleNamespace(weights=lambda: weights))


@pytest.mark.parametrize("fields", [{}, {"labels": "noisy"}, {"batch": 0, "steps": 400}])
def test_the_least_gap_is_the_optimums(fields):
    task = ScaledLogistic(points=120, dim=4, **fields)
    world = task.sample(jax.random.key(1))
    assert judged(task, task.oracle(world).weights(), world)["log10_gap"] == -12
    floor = judged(task, task.floor(world).weights(), world)
    least = 0.0 if not fields else loss(np.float64(world.optimum), jax.tree.map(np.float64, world.points))
    np.testing.assert_allclose(10.0 ** floor["log10_gap"], np.log(2) - least, rtol=1e-3)


def test_accuracy_is_the_share_on_the_right_side():
    task = ScaledLogistic(points=50, dim=2)
    world = task.sample(jax.random.key(1))
    found = judged(task, jnp.array([1.0, 0.0]), world)["accuracy"]
    assert found == pytest.approx(np.mean(np.sign(world.points.x[:, 0]) == world.points.y))


@pytest.mark.parametrize(
    ("task", "fields"), [(ScaledLogistic, {"labels": "noisey"}), (RateRobustness, {"norm": "batch"})]
)
def test_a_misspelled_knob_names_what_there_is(task, fields):
    with pytest.raises(UsageError, match=r"use one of (separable, noisy|none, layer)\."):
        task(**fields)


def test_batches_are_rows_of_the_points_or_all_of_them():
    task = ScaledLogistic(points=40, dim=3, batch=8)
    world = task.sample(jax.random.key(2))
    _, batch = task.draw(world, jax.random.key(5), None)
    rows = {tuple(row): y for row, y in zip(np.asarray(world.points.x), np.asarray(world.points.y), strict=True)}
    assert batch.x.shape == (8, 3)
    assert all(rows[tuple(x)] == y for x, y in zip(np.asarray(batch.x), np.asarray(batch.y), strict=True))
    np.testing.assert_array_equal(world.points.ridge, 0)
    everything = ScaledLogistic(points=40, dim=3, batch=0)
    world = everything.sample(jax.random.key(2))
    np.testing.assert_array_equal(everything.draw(world, jax.random.key(5), None)[1].x, world.points.x)
    sizes = everything.given(world).sizes
    np.testing.assert_allclose(sizes, np.sqrt(np.mean(np.square(world.points.x), 0)), rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(world.points.ridge / 1e-3) / sizes, 1, atol=0.5)


def test_the_ridge_and_the_loss_are_what_they_say():
    batch = logistic.Points(
        x=jnp.array([[1.0, 2.0], [0.0, -1.0]]), y=jnp.array([1.0, -1.0]), ridge=jnp.array([0.5, 2.0])
    )
    found = logistic.Logistic().losses(jnp.array([0.3, -0.4]), batch)
    ridge = 0.5 * (0.5 * 0.09 + 2 * 0.16)
    np.testing.assert_allclose(found, [np.log1p(np.exp(0.5)) + ridge, np.log1p(np.exp(0.4)) + ridge], rtol=1e-6)


def test_the_pair_is_one_loss_on_two_scales():
    task = ScalePair(points=60, dim=4, batch=16)
    world = task.sample(jax.random.key(0))
    points = world.points
    sizes = np.asarray(points.scaled.x[0] / points.plain.x[0])
    np.testing.assert_allclose(np.asarray(points.plain.x) * sizes, points.scaled.x, rtol=1e-5)
    for copy in ("plain", "scaled"):
        assert logistic.Logistic().loss(world.fitting[copy], getattr(points, copy)) < 1e-3
    assert judged(task, task.oracle(world).weights(), world)["scale_discrepancy"] < 1e-2
    assert judged(task, task.floor(world).weights(), world)["scale_discrepancy"] > 5
    assert np.abs(np.log10(sizes)).max() <= 2
    _, batch = task.draw(world, jax.random.key(1), None)
    np.testing.assert_allclose(np.asarray(batch.plain.x) * sizes, batch.scaled.x, rtol=1e-5)
    np.testing.assert_array_equal(batch.plain.y, batch.scaled.y)
    w = jnp.array([0.3, -0.1, 0.2, 0.5])
    same = {"plain": w, "scaled": w / sizes}
    assert judged(task, same, world)["scale_discrepancy"] < 1e-5
    one = logistic.Logistic()
    both = one.losses(same["plain"], batch.plain) + one.losses(same["scaled"], batch.scaled)
    np.testing.assert_allclose(task.spec.losses(same, batch), both, rtol=1e-6)
    other = judged(task, {"plain": w, "scaled": 0 * w}, world)
    plain = float(one.loss(w, points.plain))
    np.testing.assert_allclose(other["scale_discrepancy"], abs(np.log(np.log(2) / plain)), rtol=1e-4)
    np.testing.assert_allclose(other["loss"], plain, rtol=1e-6)
