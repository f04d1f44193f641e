"""The point mass: its geometry, and what the recorded episodes are."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import pointmass


def test_a_move_is_as_long_as_its_control() -> None:
    x = jnp.array([[-0.8, 0.0], [0.0, 0.6]])
    there = pointmass.move(x, jnp.array([[0.5, 0.0], [3.0, 4.0]]))
    np.testing.assert_allclose(there, [[-0.725, 0.0], [0.09, 0.72]], rtol=1e-5)


def test_the_disc_and_the_edge_hold() -> None:
    before = jnp.array([[-0.4, 0.0], [0.95, 0.95]])
    there = pointmass.move(before, jnp.array([[1.0, 0.0], [1.0, 0.0]]))
    np.testing.assert_allclose(there, [[-0.4, 0.0], [1.0, 0.95]], rtol=1e-6)
    assert float(pointmass.move(before, jnp.array([[1.0, 0.0], [1.0, 0.0]]), 0.0)[0, 0]) == pytest.approx(-0.25)


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_the_expert_arrives_from_every_start_and_never_touches_the_disc(side: float) -> None:
    corners = jnp.stack(jnp.meshgrid(jnp.linspace(0.0, 1.0, 5), jnp.linspace(0.0, 1.0, 5)), axis=-1).reshape(-1, 2)
    x0 = pointmass.starts(corners)
    sides = jnp.full(len(x0), side)
    keys = jax.random.split(jax.random.key(0), pointmass.LENGTH)
    act = lambda carry, x, key: (carry, pointmass.waypoint_expert(x, sides))  # noqa: E731
    _, path = pointmass.rollout(act, (), x0, keys, pointmass.move)
    np.testing.assert_allclose(path.x[:, -1], jnp.broadcast_to(jnp.array(pointmass.GOAL), x0.shape), atol=1e-3)
    assert not bool(pointmass.inside(path.x).any())
    moved = jnp.linalg.norm(jnp.diff(path.x[:, :12], axis=1), axis=-1)
    assert float(moved[:, :5].min()) > pointmass.STEP * 0.99  # no move was cancelled
    np.testing.assert_allclose(pointmass.reward(path.x[:, -1]), 0.0, atol=1e-3)


def test_recorded_episodes_come_in_three_kinds() -> None:
    path = jax.jit(pointmass.recorded, static_argnums=1)(jax.random.key(0), 300)
    assert path.x.shape == (300, 21, 2) and path.u.shape == (300, 20, 2)
    np.testing.assert_allclose(path.x[:, 1:], pointmass.move(path.x[:, :-1], path.u), atol=1e-6)
    returns = pointmass.reward(path.x[:, 1:]).sum(1).reshape(3, 100)
    good, noisy, aimless = map(float, returns.mean(1))
    assert good > noisy + 0.3 and noisy > aimless + 3
    above = (path.x[:100, :, 1].max(1) > 0.4).mean()
    assert 0.3 < float(above) < 0.7
    controls = path.u[200:, :, 0]
    kept = np.corrcoef(controls[:, :-1].ravel(), controls[:, 1:].ravel())[0, 1]
    assert kept == pytest.approx(pointmass.MEMORY, abs=0.1)


def test_recorded_in_another_world_without_aimless() -> None:
    slow = lambda x, u: pointmass.move(x, u / 2)  # noqa: E731
    path = pointmass.recorded(jax.random.key(0), 10, slow, (0.0, 0.0), aimless=False)
    steps = jnp.linalg.norm(jnp.diff(path.x, axis=1), axis=-1)
    assert float(steps.max()) < pointmass.STEP / 2 + 1e-6
    np.testing.assert_allclose(
        path.u[:, 0], pointmass.waypoint_expert(path.x[:, 0], jnp.sign(path.x[:, 5, 1])), atol=1e-5
    )
