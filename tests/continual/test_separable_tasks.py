"""Separable tasks: projections, the weakly regularised step, and the bounds that must hold."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.continual.joint_max_margin import JointMaxMargin
from toybench.methods.continual.sequential_max_margin import SequentialMaxMargin
from toybench.methods.continual.weak_regularisation import WeakRegularisation, omega
from toybench.tasks.continual import SignedPoints, project
from toybench.tasks.continual.separable_tasks import SeparableTasks

KEY = jax.random.key(1_000_001)
TASK = SeparableTasks()
WORLD = jax.jit(TASK.sample)(KEY)
projection = jax.jit(project, static_argnames="sweeps")


def test_projection_onto_two_half_planes() -> None:
    """Worked: from the origin to {x >= 1, y >= 1}, and to {x >= 1, x + y >= 1} where one constraint is idle."""
    np.testing.assert_allclose(projection(jnp.zeros(2), jnp.eye(2), sweeps=50), [1, 1], atol=1e-6)
    z = jnp.array([[1.0, 0.0], [1.0, 1.0]])
    np.testing.assert_allclose(projection(jnp.zeros(2), z, sweeps=50), [1, 0], atol=1e-5)
    np.testing.assert_allclose(projection(jnp.array([2.0, 3.0]), z, sweeps=50), [2, 3], atol=1e-6)


def test_projection_meets_the_optimality_conditions() -> None:
    """Feasible, and the step is a non-negative combination of the points that are active."""
    w = projection(jnp.zeros(10), WORLD.z[0], sweeps=500)
    margins = np.asarray(WORLD.z[0] @ w)
    duals = np.linalg.lstsq(np.asarray(WORLD.z[0]).T, np.asarray(w), rcond=None)[0]
    assert margins.min() > 1 - 1e-4
    assert duals.min() > -1e-4
    np.testing.assert_allclose(duals * (margins - 1), 0, atol=1e-3)


def test_points_are_unit_vectors_with_margins_in_range() -> None:
    np.testing.assert_allclose(jnp.linalg.norm(WORLD.z, axis=-1), 1.0, rtol=1e-5)
    assert float((WORLD.z.reshape(-1, 10) @ WORLD.best).min()) > 1 - 1e-4


@pytest.mark.parametrize("a", [-30.0, 0.0, 1.0, 5.0, 300.0])
def test_omega_solves_its_equation(a: float) -> None:
    z = float(omega(jnp.array(a)))
    np.testing.assert_allclose(z + np.log(z), a, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("strength", [3.0, 20.0])
def test_the_weakly_regularised_step_is_stationary(strength: float) -> None:
    """w - w_last = sum_i exp(-z_i.w) z_i / lambda, in float64 with the loss as the paper writes it."""
    method = dataclasses.replace(WeakRegularisation(strength=strength), spec=TASK.spec)
    state = method.init(KEY)
    update = jax.jit(method.update)
    for task in (0, 1):
        last, state = state, update(state, SignedPoints(WORLD.z[task], jnp.array(task)), KEY)
    z = np.asarray(WORLD.z[1], np.float64)
    w, before = (strength * np.asarray(s.params, np.float64) for s in (state, last))
    pull = np.exp(strength - z @ w) @ z
    np.testing.assert_allclose(w - before, pull, rtol=1e-2, atol=2e-3 * np.abs(pull).max())


def test_projections_never_move_away_and_come_within_the_bound() -> None:
    """Fejer's inequality at every visit, and the paper's bound on forgetting; a task just visited is not violated."""
    path = np.vstack([np.zeros(10), np.asarray(WORLD.path)])
    apart, steps = np.square(path - np.asarray(WORLD.best)).sum(1), np.square(np.diff(path, axis=0)).sum(1)
    assert (apart[1:] <= apart[:-1] - steps + 1e-4).all()
    size = float(WORLD.best @ WORLD.best)
    for k in (3, 12, 48):
        worst = np.square(np.maximum(0, 1 - np.asarray(WORLD.z) @ path[k])).max()
        assert worst <= size * np.exp(-k / (4 * 9 * size))
        assert (np.asarray(WORLD.z[(k - 1) % 3]) @ path[k]).min() > 1 - 1e-4


def test_methods_follow_the_world() -> None:
    """Sequential max-margin is the reference path; joint max-margin is the joint solution once all tasks were seen."""
    sequential, joint = (dataclasses.replace(m(), spec=TASK.spec) for m in (SequentialMaxMargin, JointMaxMargin))
    one, all_ = sequential.init(KEY), joint.init(KEY)
    for task in range(3):
        batch = SignedPoints(WORLD.z[task], jnp.array(task))
        one, all_ = jax.jit(sequential.update)(one, batch, KEY), jax.jit(joint.update)(all_, batch, KEY)
    np.testing.assert_allclose(one.params, WORLD.path[2], atol=1e-5)
    np.testing.assert_allclose(all_.params, WORLD.best, atol=1e-3)
