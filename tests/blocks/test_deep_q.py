"""Gradient steps on a memory by hand, and exploring by its share."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import deep_q

RATE = 0.25
LR = 0.1


def squared(params: jax.Array, target: jax.Array, items: jax.Array) -> jax.Array:
    return 0.5 * ((items + 2 * target - params) ** 2).mean()


def begin(value: float = 0.0) -> deep_q.Core:
    return deep_q.start(jnp.float32(value), jnp.float32(0.0), capacity=4, lr=LR)


def test_two_steps_by_hand() -> None:
    """Adam's first two steps are the learning rate's size while the gradient keeps its sign; the target follows."""
    core = deep_q.learn(begin(), jnp.array([5.0, 5.0]), squared, LR, RATE, jnp.zeros((2, 3)))
    assert float(core.params) == pytest.approx(0.2, abs=1e-3)
    assert float(core.target) == pytest.approx(0.25 * 0.1 + 0.25 * (0.2 - 0.025), abs=1e-3)
    assert (int(core.memory.size), int(core.batches)) == (2, 1)


def test_the_target_is_not_learned() -> None:
    """The loss above would fall fastest by the target, which only follows."""
    core = deep_q.learn(begin(1.0), jnp.array([-1.0]), squared, LR, 0.0, jnp.zeros((5, 2)))
    assert float(core.target) == 1.0
    assert float(core.params) == 1.0  # -1 + 2 target is where it stands


def test_parameters_are_mended_after_each_step() -> None:
    core = deep_q.learn(begin(), jnp.array([9.0]), squared, LR, 1.0, jnp.zeros((3, 2)), after=lambda p: p * 0 + 0.5)
    assert float(core.params) == 0.5
    assert float(core.target) == 0.5


def test_double_estimates_take_the_online_action_and_the_target_value() -> None:
    online = jnp.array([[1.0, 3.0], [2.0, 0.0]])
    target = jnp.array([[7.0, 5.0], [4.0, 9.0]])
    np.testing.assert_array_equal(deep_q.double_q(online, target), [5.0, 4.0])


def test_huber_by_hand() -> None:
    np.testing.assert_allclose(deep_q.huber(jnp.array([0.5, -3.0])), [0.125, 2.5])


def test_exploring_by_its_share() -> None:
    best = jnp.full(4000, 2)
    found = np.asarray(deep_q.explore(best, 5, 0.3, jax.random.key(0)))
    shares = np.bincount(found, minlength=5) / len(found)
    np.testing.assert_allclose(shares, [0.06, 0.06, 0.76, 0.06, 0.06], atol=0.02)
    assert (np.asarray(deep_q.explore(best, 5, 0.0, jax.random.key(0))) == 2).all()
