"""The point mass behind the disc and between the gates: what is recorded, what is asked, and what counts as best."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import pointmass
from toybench.plugins import registry
from toybench.tasks.offline_control import Batch, Recorded, features, pointmass_constraints, transitions, windows
from toybench.tasks.offline_control import pointmass_offline as offline

OFFLINE = registry.load("tasks", "offline_control/pointmass_offline")
GATES = registry.load("tasks", "offline_control/pointmass_constraints")


@pytest.fixture(scope="module")
def wide():
    """A world with eight actuators."""
    return jax.jit(OFFLINE(actuators=8, episodes=16).sample)(jax.random.key(0))


@pytest.fixture(scope="module")
def gates():
    return jax.jit(GATES().sample)(jax.random.key(0))


def small():
    """Two episodes of three steps."""
    x = jnp.arange(16.0).reshape(2, 4, 2)
    u = jnp.arange(1.0, 7.0).reshape(2, 3, 1)
    return Recorded(x=x, u=u, r=u[..., 0], label=10 * u)


def test_transitions_and_windows_by_hand() -> None:
    at = Batch(episode=jnp.array([1, 0]), step=jnp.array([2, 1]))
    step = transitions(small(), at)
    np.testing.assert_array_equal(step.x, [[12, 13], [2, 3]])
    np.testing.assert_array_equal(step.x1, [[14, 15], [4, 5]])
    np.testing.assert_array_equal(step.r, [6, 2])
    np.testing.assert_array_equal(step.label[:, 0], [60, 20])
    x, u = windows(small(), at, 3)
    np.testing.assert_array_equal(x[0], [[12, 13], [14, 15], [14, 15], [14, 15]])
    np.testing.assert_array_equal(x[1], [[2, 3], [4, 5], [6, 7], [6, 7]])
    np.testing.assert_array_equal(u[..., 0], [[6, 0, 0], [2, 3, 0]])


def test_features_by_hand() -> None:
    found = features(jnp.array([[0.5, -0.25]]))[0]
    root = np.sqrt(0.5)
    np.testing.assert_allclose(found, [0.5, -0.25, 1, -root, 0, root, 0, -1, -1, 0], atol=1e-6)


def test_the_rest_is_judged_against_the_same_step() -> None:
    rewards = jnp.array([[-3.0, -1.0], [-1.0, -1.0], [0.0, -2.0]])  # means of the rest: -2, -1, -1 and -1, -1, -2
    np.testing.assert_allclose(offline.rest_of(rewards), [[0, 1], [1, 1], [1, 0]], atol=1e-6)


def test_actuators_give_back_the_controls(wide) -> None:
    plant = wide.plant
    gram = np.asarray(plant.mix @ plant.mix.T)
    np.testing.assert_allclose(gram, 7 * np.eye(2), atol=1e-4)
    np.testing.assert_allclose(plant.mix @ plant.idle, 0.0, atol=1e-5)
    np.testing.assert_allclose(7 * plant.idle.T @ plant.idle, np.eye(6), atol=1e-4)
    data = wide.data
    u = offline.controls(plant, data.u)
    assert float(jnp.linalg.norm(u, axis=-1).max()) < 1 + 1e-4
    there = pointmass.move(data.x[:, :-1], u)
    near = np.abs(np.asarray(there - data.x[:, 1:])).max(-1) < 1e-4
    assert near.mean() > 0.999  # rounding decides at the disc's edge
    assert float(jnp.abs(data.u).max()) < 1.05  # noise alone goes beyond 1


def test_idle_directions_follow_the_place(wide) -> None:
    """What is left of an action without its control is the habit of the place, but for the noise."""
    x = wide.data.x[:, :-1].reshape(-1, 2)
    left = np.asarray(wide.data.u.reshape(-1, 8) @ wide.plant.idle) * np.sqrt(7.0)
    habit = np.tanh(np.asarray(x @ wide.plant.habit.T)) / np.sqrt(7.0)
    assert np.sqrt(((left - habit) ** 2).mean()) == pytest.approx(0.02, rel=0.05)


def test_the_recorded_count_as_zero_and_the_shortest_way_as_one(wide) -> None:
    task = OFFLINE(actuators=8, episodes=16)
    assert float(wide.data.r.sum(1).mean()) == pytest.approx(float(wide.low))
    found = jax.jit(lambda w: task.evaluate(w, jax.random.key(0), task.oracle(w)))(wide)
    assert float(found["normalized_return"]) == pytest.approx(1.0, abs=0.005)
    assert float(found["collisions"]) == 0.0
    assert float(found["action_distance"]) < 0.1


def test_no_search_beats_the_shortest_way() -> None:
    """Cross-entropy search over controls, begun at the reference, gains less than a hundredth of the range."""
    rng = np.random.default_rng(0)
    x0 = jnp.array([[-0.85, 0.05]])
    path = offline.shortest_way(x0)
    best = np.asarray(path[0, 1:] - path[0, :-1]) / pointmass.STEP
    best_return = reference = float(pointmass.reward(path[:, 1:]).sum())
    run = jax.jit(
        lambda u: pointmass.rollout(lambda i, x, _: (i + 1, u[:, i]), 0, starts(u), keys(), pointmass.move)[1].x
    )
    for scale in (0.3, 0.1, 0.03, 0.3, 0.1):
        tried = best[None] + scale * rng.normal(size=(2000, *best.shape)) * (rng.random((2000, 20, 1)) < 0.3)
        returns = np.asarray(pointmass.reward(run(jnp.asarray(tried, jnp.float32))[:, 1:]).sum(1))
        if returns.max() > best_return:
            best = tried[returns.argmax()]
            best_return = returns.max()
    assert best_return - reference < 0.1


def starts(u):
    return jnp.broadcast_to(jnp.array([[-0.85, 0.05]]), (len(u), 2))


def keys():
    return jnp.zeros(pointmass.LENGTH)


def test_the_mean_of_the_good_actions_leads_into_the_disc() -> None:
    up = pointmass.waypoint_expert(jnp.array([[-0.4, 0.0]]), jnp.ones(1))
    down = pointmass.waypoint_expert(jnp.array([[-0.4, 0.0]]), -jnp.ones(1))
    mean = (up + down) / 2
    assert float(pointmass.inside(pointmass.move(jnp.array([[-0.4, 0.0]]), mean, radius=0.0))[0, 0])


def test_episodes_pass_one_gate_and_are_labelled_with_it(gates) -> None:
    np.testing.assert_array_equal(pointmass_constraints.passed(gates.data.x).sum(1), 1.0)
    np.testing.assert_array_equal(pointmass_constraints.passed(gates.data.x), gates.data.label[:, -1])
    shares = np.asarray(gates.data.label[:, 0].mean(0))
    assert shares.min() > 0.25
    np.testing.assert_array_equal(gates.wanted.sum(1), 2.0)
    np.testing.assert_array_equal(gates.wanted.sum(0), 32.0)


def test_a_gate_is_passed_inside_of_its_radius() -> None:
    x = jnp.array([[[-0.6, 0.2], [0.0, 0.0]], [[0.6, 0.26], [0.0, 0.06]]])
    np.testing.assert_array_equal(pointmass_constraints.passed(x), [[1, 0, 0], [0, 1, 0]])


def test_two_gates_fit_into_an_episode(gates) -> None:
    task = GATES()
    found = jax.jit(lambda w: task.evaluate(w, jax.random.key(0), task.oracle(w)))(gates)
    assert float(found["both_satisfied"]) == 1.0
    found = jax.jit(lambda w: task.evaluate(w, jax.random.key(0), task.floor(w)))(gates)
    assert float(found["both_satisfied"]) < 0.2
