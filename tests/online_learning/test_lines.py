"""Continuing a short run: the filter against a plain one, straight paths that it continues exactly, choices by hand."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.errors import UsageError
from toybench.methods.online_learning import _kalman
from toybench.plugins import registry
from toybench.tasks.online_learning import Run, record
from toybench.tasks.online_learning.short_regression import ShortRegression

KEY = jax.random.key(0)


def line(name: str, run: Run, **fields: Any) -> jax.Array:
    method = registry.load("methods", f"online_learning/{name}")(given=run, **fields)
    return method.line(method.init(KEY))


def straight(steps: int = 30, instances: int = 2) -> Run:
    """Weights that move by (0.1, -0.2) a step from (1, 0), and points whose best line is where step 40 would be."""
    path = np.array([1.0, 0.0]) + np.arange(steps + 1.0)[:, None] * np.array([0.1, -0.2])
    x = np.stack([[-1.0, 0.0, 2.0], np.ones(3)], axis=-1)
    y = x @ np.array([5.0, -8.0])
    copies = (instances, 1, 1)
    order = jnp.zeros((instances, steps), jnp.int32)
    return Run(
        x=jnp.tile(jnp.asarray(x, jnp.float32)[None], copies),
        y=jnp.tile(jnp.asarray(y, jnp.float32)[None], copies[:2]),
        order=order,
        path=jnp.tile(jnp.asarray(path, jnp.float32)[None], copies),
    )


def test_the_recorded_run_by_hand() -> None:
    x = np.array([[1.0, 1.0], [2.0, 1.0], [-1.0, 1.0]])
    y = np.array([1.0, 3.0, 0.0])
    order = [2, 0, 1, 1]
    w = np.zeros(2)
    path = [w]
    for i in order:
        w = w - 2 * 0.1 * (x[i] @ w - y[i]) * x[i]
        path.append(w)
    found = record(jnp.array(x)[None], jnp.array(y)[None], jnp.array([order]), 0.1)
    np.testing.assert_allclose(found[0], path, rtol=1e-5, atol=1e-6)


def plain_filter(path: np.ndarray, q: float) -> tuple[float, float]:
    """Of one weight, written as in a textbook, with matrices inverted."""
    ahead = np.array([[1.0, 1.0], [0.0, 1.0]])
    seen = np.array([[1.0, 0.0]])
    state = np.array([path[0], 0.0])
    p = np.eye(2)
    for w in path[1:]:
        state = ahead @ state
        p = ahead @ p @ ahead.T + q * np.array([[0.25, 0.5], [0.5, 1.0]])
        gain = p @ seen.T @ np.linalg.inv(seen @ p @ seen.T + 1)
        state = state + gain @ (np.array([w]) - seen @ state)
        p = (np.eye(2) - gain @ seen) @ p
    return state[0], state[1]


@pytest.mark.parametrize("q", [0.0, 0.01, 0.5])
def test_the_filter_is_a_plain_one(q: float) -> None:
    path = np.random.default_rng(0).normal(size=(3, 9, 2)).cumsum(1)
    weights, velocity = _kalman.filtered(jnp.asarray(path, jnp.float32), q)
    for i in range(3):
        for j in range(2):
            expected = plain_filter(path[i, :, j], q)
            np.testing.assert_allclose([weights[i, j], velocity[i, j]], expected, rtol=1e-4, atol=1e-5)


def test_straight_paths_are_continued_exactly() -> None:
    """Step 40 is where the losses are least: 10 steps ahead."""
    run = straight()
    target = np.array([[5.0, -8.0]] * 2)
    np.testing.assert_allclose(line("linear_extrapolation", run, window=5), target, rtol=1e-4)
    np.testing.assert_allclose(line("linear_extrapolation", run, window=30), target, rtol=1e-4)
    np.testing.assert_allclose(line("kalman_least_loss", run, process=1.0), target, rtol=1e-3)
    np.testing.assert_allclose(line("kalman_end", run, process=1.0, horizon=10), target, rtol=1e-3)
    ahead = line("kalman_end", run, process=1.0, horizon=11) - target
    np.testing.assert_allclose(ahead, [[0.1, -0.2]] * 2, atol=0.01)


def test_the_least_area_by_hand() -> None:
    """The segments to both sides of the best line are the least, and the middle of one of them is chosen."""
    run = straight()
    found = np.asarray(line("kalman_area", run, process=1.0))
    off = (found - np.array([5.0, -8.0])) @ np.array([0.1, -0.2]) / 0.05
    np.testing.assert_allclose(np.abs(off), 0.5, atol=0.02)
    short = np.asarray(line("kalman_area", run, process=1.0, horizon=5))
    np.testing.assert_allclose(short, [[1 + 3.45, -6.9]] * 2, atol=0.01)  # the last segment, 4 to 5 steps ahead


def test_the_loss_at_the_mean_input_is_another_one() -> None:
    """One prediction for all points: by hand over every segment."""
    task = ShortRegression(instances=3)
    run = task.sample(jax.random.key(1)).run
    weights, velocity = _kalman.filtered(run.path, 0.01)
    lines = np.asarray(weights)[:, None] + np.arange(1, 31)[None, :, None] * np.asarray(velocity)[:, None]
    for curve in ("points", "mean"):
        found = np.asarray(line("kalman_area", run, process=0.01, curve=curve))
        for i in range(3):
            x = np.asarray(run.x[i])
            shown = x if curve == "points" else np.tile(x.mean(0), (20, 1))
            loss = [((np.asarray(run.y[i]) - shown @ w) ** 2).mean() for w in lines[i]]
            areas = [np.linalg.norm(lines[i, h + 1] - lines[i, h]) * (loss[h] + loss[h + 1]) / 2 for h in range(29)]
            h = int(np.argmin(areas))
            np.testing.assert_allclose(found[i], (lines[i, h] + lines[i, h + 1]) / 2, rtol=1e-4)


def test_losses_and_steps_ahead_are_numbered_from_one() -> None:
    ahead = _kalman.roll(jnp.array([[1.0, 2.0]]), jnp.array([[0.5, -1.0]]), 3)
    np.testing.assert_allclose(ahead[0], [[1.5, 1.0], [2.0, 0.0], [2.5, -1.0]])
    loss = _kalman.seen_losses(straight(), jnp.array([[[5.0, -8.0], [5.0, -7.0], [6.0, -8.0]]] * 2))
    np.testing.assert_allclose(loss, [[0.0, 1.0, 5 / 3]] * 2, rtol=1e-5)
    np.testing.assert_allclose(_kalman.choose(ahead, jnp.array([2])), [[2.5, -1.0]])


def test_last_average_and_another_rate() -> None:
    run = ShortRegression(instances=3).sample(jax.random.key(2)).run
    np.testing.assert_array_equal(line("sgd_last", run), run.path[:, 30])
    np.testing.assert_allclose(line("sgd_average", run), np.asarray(run.path).mean(1), rtol=1e-5)
    np.testing.assert_allclose(line("sgd_retuned", run, lr=0.01), run.path[:, 30], rtol=1e-6)
    np.testing.assert_allclose(line("sgd_retuned", run, lr=0.1), record(run.x, run.y, run.order, 0.1)[:, -1])


def test_the_world_of_short_runs() -> None:
    task = ShortRegression(instances=200)
    world = jax.jit(task.sample)(jax.random.key(3))
    run = world.run
    assert (np.sort(np.asarray(run.order[:, :20])) == np.arange(20)).all()
    assert run.order.shape == (200, 30)
    np.testing.assert_array_equal(run.x[..., -1], 1.0)
    best = np.stack(
        [np.linalg.lstsq(np.asarray(a), np.asarray(b), rcond=None)[0] for a, b in zip(run.x, run.y, strict=True)]
    )
    np.testing.assert_allclose(task.oracle(world).line(), best, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(best.std(), 2.0, rtol=0.1)
    rest = np.asarray(run.y) - np.einsum("nmd,nd->nm", run.x, best)
    np.testing.assert_allclose((rest**2).sum() / (17 * 200), 0.25, rtol=0.1)
    mse = task.evaluate(world, KEY, task.oracle(world))["test_mse"]
    np.testing.assert_allclose(mse, 0.25 * (1 + 3 / 17), rtol=0.05)
    start = task.evaluate(world, KEY, task.floor(world))["test_mse"]
    np.testing.assert_allclose(start, (np.asarray(world.y) ** 2).mean(), rtol=1e-5)


def test_a_misspelled_curve_is_named() -> None:
    with pytest.raises(UsageError, match="use one of points, mean"):
        line("kalman_area", straight(), curve="means")
