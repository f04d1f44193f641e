"""The sea by enumeration, the pendulum by its energy, the chain by a second value iteration and by its own policies."""

import itertools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.tasks.value_learning import deep_sea, multiscale_chain, reward_scale, tile_features
from toybench.tasks.value_learning.deep_sea import DeepSea
from toybench.tasks.value_learning.multiscale_chain import MultiscaleChain
from toybench.tasks.value_learning.reward_scale import RewardScale

KEY = jax.random.key(3)


class Tables(NamedTuple):
    """Plays one table, and would play another when judged."""

    played: jax.Array
    judged: jax.Array

    def act(self, obs: jax.Array, key: jax.Array) -> jax.Array:
        return self.played.reshape(-1)

    def greedy(self, obs: jax.Array) -> jax.Array:
        return self.judged.reshape(-1)


def test_one_of_all_ways_down_finds_the_treasure() -> None:
    """Of 16 sequences of moves in a sea of 4 rows, and it pays 0.99; rewards and columns by hand."""
    right = DeepSea(size=4).sample(KEY).right
    found = []
    for moves in itertools.product((0, 1), repeat=4):
        column = 0
        table = np.zeros((4, 4), int)
        for row, move in enumerate(moves):
            table[row, column] = right[row, column] if move else 1 - right[row, column]
            column = min(max(column + (1 if move else -1), 0), 3)
        path = deep_sea.dive(right, jnp.asarray(table, jnp.int32))
        assert int(path.column1[-1]) == column
        found.append(float(path.reward.sum()))
        assert found[-1] == pytest.approx(float(moves == (1, 1, 1, 1)) - 0.01 / 4 * sum(moves), abs=1e-6)
    assert sum(r > 0.5 for r in found) == 1


def test_what_is_shown_is_the_path() -> None:
    task = DeepSea(size=5)
    world = task.sample(KEY)
    after, batch = task.draw(world, KEY, Tables(played=world.right, judged=1 - world.right))
    cells = deep_sea.observations(5)
    np.testing.assert_array_equal(batch.cell[:, 0], [0, 6, 12, 18, 24])
    np.testing.assert_array_equal(batch.cell1[:4], batch.cell[1:])
    np.testing.assert_array_equal(batch.obs[:, 0], cells[batch.cell[:, 0]])
    np.testing.assert_array_equal(batch.obs1[:4], batch.obs[1:])
    np.testing.assert_array_equal(batch.done[:, 0], [0, 0, 0, 0, 1])
    assert float(batch.reward.sum()) == pytest.approx(0.99, abs=1e-6)
    assert float(after.seen.sum()) == 5


def test_episodes_are_counted() -> None:
    """Two without the treasure, then three judged to find it; the played ones never do."""
    task = DeepSea(size=5)
    world = task.sample(KEY)
    lost = 1 - world.right
    for judged in (lost, lost, world.right, world.right, world.right):
        world, _ = task.draw(world, KEY, Tables(played=lost, judged=judged))
    found = task.evaluate(world, KEY, None)
    assert float(found["episodes_to_solve"]) == 2
    assert float(found["solved_share"]) == pytest.approx(0.6)
    assert float(found["lost_share"]) == 1


def test_every_cell_looks_different() -> None:
    cells = np.asarray(deep_sea.observations(10))
    assert cells.shape == (100, 10)
    assert len(np.unique(cells.round(4), axis=0)) == 100
    assert np.abs(cells).max() <= 1


def test_energy_is_kept_without_torque() -> None:
    start = reward_scale.hanging(jnp.full((1, 2), 0.9))
    swung = start._replace(angle=start.angle + 1.0)
    idle = jnp.full(1, reward_scale.TORQUES.index(0.0))
    energies = []
    for _ in range(100):
        swung = reward_scale.swing(swung, idle)
        energies.append(float(0.5 * swung.speed[0] ** 2 + reward_scale.GRAVITY * jnp.cos(swung.angle[0])))
    assert max(energies) - min(energies) < 0.3 * 2 * reward_scale.GRAVITY


def test_the_planner_swings_up_and_stands() -> None:
    now = RewardScale().sample(KEY).test
    planner = reward_scale.Planner(jax.jit(reward_scale.plan)())
    assert float(reward_scale.height(now, planner)) > 0.8
    assert float(reward_scale.height(now, reward_scale.Idle())) < 0.02
    for _ in range(reward_scale.LENGTH):
        now = reward_scale.swing(now, planner.greedy(reward_scale.observe(now)))
    assert float(reward_scale.lift(now).min()) > 0.98


def test_values_are_interpolated() -> None:
    """A field that is linear in the speed is met exactly; between the last angle and the first it wraps."""
    speeds = jnp.linspace(-8.0, 8.0, reward_scale.SPEEDS)
    field = jnp.broadcast_to(speeds[None], (reward_scale.ANGLES, reward_scale.SPEEDS))
    angle = jnp.array([0.3, 3.1, -3.1])
    speed = jnp.array([1.0, 2.0, -2.5])
    found = reward_scale.look_ahead(field, angle, speed)
    for i, action in ((0, 0), (1, 4), (2, 2)):
        now = reward_scale.Pendulum(angle=angle[i : i + 1], speed=speed[i : i + 1], age=jnp.zeros(1, jnp.int32))
        after = reward_scale.swing(now, jnp.full(1, action))
        wanted = reward_scale.lift(after) + reward_scale.FORESIGHT * after.speed
        assert float(found[i, action]) == pytest.approx(float(wanted[0]), abs=1e-4)


class Pusher(NamedTuple):
    """Always the same torque."""

    def act(self, obs: jax.Array, key: jax.Array) -> jax.Array:
        return jnp.full(len(obs), 4)


def test_the_scale_multiplies_rewards_and_nothing_else() -> None:
    batches: list[Any] = []
    for scale in (1.0, 128.0):
        task = RewardScale(scale=scale)
        batches.append(task.draw(task.sample(KEY), KEY, Pusher())[1])
    np.testing.assert_array_equal(128 * batches[0].reward, batches[1].reward)
    np.testing.assert_array_equal(batches[0].obs1, batches[1].obs1)
    np.testing.assert_array_equal(batches[0].obs[1:], batches[0].obs1[:-1])


def test_episodes_are_cut_off_and_begin_anew() -> None:
    task = RewardScale()
    world = task.sample(KEY)
    world = world._replace(now=world.now._replace(age=jnp.full(4, reward_scale.LENGTH - 2)))
    after, batch = task.draw(world, KEY, Pusher())
    np.testing.assert_array_equal(batch.last[:, 0], [0, 1, 0, 0])
    assert float(batch.done.sum()) == 0
    assert float(jnp.abs(batch.obs[2, :, 0] + 1).max()) < 0.01  # hanging again
    np.testing.assert_array_equal(after.now.age, [2, 2, 2, 2])


@pytest.mark.parametrize("gamma", [0.96, 0.8])
def test_values_by_a_loop_over_cells(gamma: float) -> None:
    task = MultiscaleChain(gamma=gamma, cells=7, chains=2)
    world = task.sample(KEY)
    for pays, optimal in zip(np.asarray(world.pays, float), np.asarray(world.optimal), strict=True):
        padded = np.zeros(9)
        for _ in range(3000):
            step = gamma * padded.copy()
            step[0] = pays[0]
            step[-1] = pays[1]
            q = np.stack([0.75 * step[:-2] + 0.25 * step[2:], 0.25 * step[:-2] + 0.75 * step[2:]], -1)
            padded[1:-1] = q.max(-1)
        np.testing.assert_allclose(optimal, q, atol=1e-5)


def test_the_optimal_values_earn_the_optimal_return() -> None:
    task = MultiscaleChain(gamma=0.8)
    world = task.sample(KEY)
    found = task.returns(world, world.optimal)[:, :-1]
    np.testing.assert_allclose(found, world.optimal.max(-1), rtol=1e-4, atol=1e-7)
    worse = task.returns(world, jnp.zeros_like(world.optimal))[:, :-1]
    assert bool((worse <= found + 1e-6).all())


def test_both_ends_are_best_somewhere() -> None:
    for gamma in (0.96, 0.8):
        share = (MultiscaleChain(gamma=gamma).sample(KEY).optimal.argmax(-1) == 1).mean(-1)
        assert float(share.min()) > 0.5
        assert float(share.mean()) < 0.98


def test_transitions_follow_the_law() -> None:
    task = MultiscaleChain(block=4000, chains=2)
    world = task.sample(KEY)
    _, shown = task.draw(world, KEY, None)
    for cell in (0, 20, 39):
        for action in (0, 1):
            here = (shown.cell == cell) & (shown.action == action)
            paid = jnp.where(here[..., None], shown.reward, 0.0).sum((0, 1)) / here.sum().astype(jnp.float32)
            law = multiscale_chain.end_rewards(world.pays.mean(0, keepdims=True), 40, 0.25)[0, cell, action]
            assert float(paid.sum()) == pytest.approx(float(law), abs=0.12)
            done = jnp.where(here, shown.done, 0.0).sum() / here.sum().astype(jnp.float32)
            assert float(done) == pytest.approx(float(world.moves[cell, action, -1]), abs=0.12)


def test_tiles() -> None:
    np.testing.assert_array_equal(tile_features(6, 1), np.eye(6))
    wide = np.asarray(tile_features(40, 5))
    np.testing.assert_allclose((wide**2).sum(1), 1, rtol=1e-6)
    overlap = wide @ wide.T
    np.testing.assert_allclose(overlap[10, 8:14], [0.6, 0.8, 1.0, 0.8, 0.6, 0.4], rtol=1e-5)
    assert (wide > 0).sum(0).max() == 5
