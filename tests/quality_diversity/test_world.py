"""The arm by a loop, its walls by hand, rewards and what is remembered of them."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.tasks.quality_diversity import sparse_arm as arm

KEY = jax.random.key(8)
TASK = registry.load("tasks", "quality_diversity/sparse_arm")()
OPEN = registry.load("tasks", "quality_diversity/sparse_arm")(gate=1.0)
WORLD = jax.jit(TASK.sample)(KEY)


def hand_by_a_loop(theta: np.ndarray, gate: float) -> np.ndarray:
    """Where the hand ends; a move is not made where the line between two places meets a wall."""
    q = np.zeros(2)
    place = np.array([1.0, 0.0])
    for t in np.linspace(-1, 1, 20):
        hidden = np.tanh(np.array([*q, t]) @ theta[:24].reshape(3, 8) + theta[24:32])
        after = q + 0.3 * np.tanh(hidden @ theta[32:48].reshape(8, 2) + theta[48:])
        there = 0.5 * np.array([np.cos(after[0]) + np.cos(after.sum()), np.sin(after[0]) + np.sin(after.sum())])
        degrees = np.degrees(np.arctan2([place[1], there[1]], [place[0], there[0]])) % 360
        numbers = ((degrees + 30) // 60) % 6
        if numbers[0] == numbers[1] or max(np.hypot(*place), np.hypot(*there)) <= gate or gate >= 1:
            q = after
            place = there
    return place


@pytest.mark.parametrize("task", [TASK, OPEN])
def test_the_arm_by_a_loop(task: Any) -> None:
    theta = np.asarray(jax.random.normal(KEY, (40, 50)))
    outcome, _ = task.outcome(WORLD, jnp.asarray(theta))
    want = np.stack([hand_by_a_loop(one, task.gate) for one in theta])
    close = np.abs(np.asarray(outcome.place) - want).max(-1) < 1e-3
    assert close.mean() > 0.95  # rounding may decide at a wall's edge
    outside = arm.sector(outcome.place) != 0
    assert 0.02 < float(outside.mean()) < 0.9


def test_a_stretched_arm_stops_at_the_wall() -> None:
    turning = jnp.zeros((1, 50)).at[0, -2].set(0.3)
    speed = 0.3 * np.tanh(0.3)
    np.testing.assert_allclose(OPEN.angles(turning), [[20 * speed, 0]], atol=1e-4)
    stopped = speed * np.floor(np.pi / 6 / speed)
    np.testing.assert_allclose(TASK.angles(turning), [[stopped, 0]], atol=1e-4)
    np.testing.assert_allclose(TASK.angles(jnp.zeros((1, 50))), 0, atol=1e-6)


def test_walls_by_hand() -> None:
    before = jnp.array([[0.8, 0.1], [0.1, 0.04], [0.1, 0.04], [0.5, 0.25]])
    after = jnp.array([[0.8, 0.2], [0.1, 0.08], [0.3, 0.2], [0.5, 0.35]])
    np.testing.assert_array_equal(arm.sector(after), [0, 1, 1, 1])
    np.testing.assert_array_equal(TASK.walled(before, after), [False, False, True, True])
    np.testing.assert_array_equal(TASK.walled(after, before), [False, False, True, True])
    assert not OPEN.walled(before, after).any()
    turns = jnp.arange(6.0) * jnp.pi / 3
    middles = jnp.stack([jnp.cos(turns), jnp.sin(turns)], axis=-1)
    np.testing.assert_array_equal(arm.sector(middles), jnp.arange(6))


def test_places_lie_in_their_sectors() -> None:
    places = jax.jit(jax.vmap(TASK.sample))(jax.random.split(KEY, 200)).places
    np.testing.assert_array_equal(arm.sector(places.reshape(-1, 2)).reshape(200, 6), np.tile(np.arange(6), (200, 1)))
    far = np.linalg.norm(places, axis=-1)
    assert ((far >= 0.5) & (far <= 0.9)).all()
    assert (far**2).mean() == pytest.approx((0.5**2 + 0.9**2) / 2, abs=0.02)  # uniform in area
    turn = np.degrees(np.arctan2(places[:, 3, 1], places[:, 3, 0])) % 360
    assert 162 <= turn.min() < 165 and 195 < turn.max() <= 198  # 0.6 of 60 degrees


def test_rewards_are_sparse_and_images_show_the_hand() -> None:
    theta = jax.random.normal(KEY, (4000, 50))
    outcome, each = jax.jit(TASK.outcome)(WORLD, theta)
    place = np.asarray(outcome.place)
    distance = np.linalg.norm(place[:, None] - np.asarray(WORLD.places)[None], axis=-1)
    np.testing.assert_allclose(each, np.maximum(1 - distance / 0.1, 0), atol=1e-4)
    np.testing.assert_allclose(outcome.reward, np.maximum(1 - distance.min(1) / 0.1, 0), atol=1e-4)
    assert 0 < (np.asarray(outcome.reward) > 0).mean() < 0.05
    design = np.c_[np.asarray(outcome.image), np.ones(4000)]
    _, residual, _, _ = np.linalg.lstsq(design, place, rcond=None)
    assert (residual / 4000 / place.var(0) < 0.2).all()
    straight = TASK.outcome(WORLD, jnp.zeros((1, 50)))[0].image.reshape(8, 8)
    assert float(straight[3:5, 4:].min()) > 0.5 and float(straight[:2].max()) < 0.05


def test_what_was_found_is_kept() -> None:
    theta = jax.random.normal(KEY, (36, 50))
    end = TASK.outcome(WORLD, theta[:1])[0].place[0]
    near = WORLD._replace(places=WORLD.places.at[1].set(end), best=jnp.zeros(6).at[4].set(0.25))

    class Same:
        def propose(self, key: jax.Array) -> jax.Array:
            return theta

    after, batch = TASK.draw(near, KEY, Same())
    np.testing.assert_array_equal(batch.theta, theta)
    assert float(after.best[1]) == pytest.approx(1, abs=1e-5) and float(after.best[4]) == 0.25
    metrics = TASK.evaluate(after, KEY, None)
    found = int((after.best > 0).sum())
    assert found >= 2 and float(metrics["areas_found"]) == pytest.approx(found / 6)
    assert float(metrics["best_reward"]) == pytest.approx(float(after.best.sum()) / 6)
    cells = {tuple(np.floor((p + 1) * 8).astype(int).clip(0, 15)) for p in np.asarray(batch.place)}
    assert float(metrics["coverage"]) == pytest.approx(len(cells) / float(arm.within_reach()))


def test_cells_within_reach_by_their_points() -> None:
    fine = (np.arange(1600) + 0.5) / 800 - 1
    x, y = np.meshgrid(fine, fine)
    inside = x**2 + y**2 <= 1
    cells = {(int(a), int(b)) for a, b in zip((x[inside] + 1) * 8, (y[inside] + 1) * 8, strict=True)}
    assert float(arm.within_reach()) == pytest.approx(len(cells), abs=4)
