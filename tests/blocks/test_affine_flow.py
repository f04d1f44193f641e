"""Coupling flows against autodiff: inverse, log-determinant, groups, and the force that is carried along."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import affine_flow

LAYERS = 4
DIMS = 5


def flow(condition=0, seed=0):
    """A flow whose last layers are random, not 0."""
    start = affine_flow.couplings(jax.random.key(seed), layers=LAYERS, dims=DIMS, width=8, condition=condition)
    noise = np.random.default_rng(seed)
    last = jnp.asarray(noise.normal(size=start.last.shape) * 0.4, jnp.float32)
    bias = jnp.asarray(noise.normal(size=start.last_bias.shape) * 0.4, jnp.float32)
    return start._replace(last=last, last_bias=bias)


def points(count=7, seed=1):
    return jnp.asarray(np.random.default_rng(seed).normal(size=(count, DIMS)), jnp.float32)


MOVES = affine_flow.digit_masks(LAYERS, DIMS)


def test_a_fresh_flow_has_kernels_of_the_size_of_their_inputs():
    fresh = affine_flow.couplings(jax.random.key(0), layers=LAYERS, dims=DIMS, width=40, condition=3)
    for kernel, inputs in ((fresh.first, 8), (fresh.second, 40), (fresh.last, 40)):
        assert kernel.shape[1] == inputs
        assert float(jnp.var(kernel)) == pytest.approx(1 / inputs, rel=0.2)
    still = fresh._replace(last=jnp.zeros_like(fresh.last))
    y, volume = affine_flow.transform(still, MOVES, points(), condition=points()[:, :3])
    np.testing.assert_array_equal(y, points())
    np.testing.assert_array_equal(volume, np.zeros(7))


def test_masks_part_any_two_coordinates():
    moves = np.asarray(affine_flow.digit_masks(6, 8))
    np.testing.assert_array_equal(moves[0], [True, False] * 4)
    np.testing.assert_array_equal(moves[2], [True, True, False, False] * 2)
    np.testing.assert_array_equal(moves[5], [False] * 4 + [True] * 4)
    assert all((moves[:, i] != moves[:, j]).any() for i in range(8) for j in range(i))


@pytest.mark.parametrize("inverse", [False, True])
def test_log_determinants_are_those_of_the_jacobian(inverse):
    _, volume = affine_flow.transform(flow(), MOVES, points(), inverse)
    jacobian = jax.vmap(jax.jacobian(lambda x: affine_flow.transform(flow(), MOVES, x[None], inverse)[0][0]))(points())
    np.testing.assert_allclose(volume, np.linalg.slogdet(np.asarray(jacobian))[1], atol=1e-4)
    assert float(jnp.abs(volume).max()) > 0.3


def test_undoing_comes_back_with_a_condition_too():
    condition = points(seed=5)[:, :3]
    y, forth = affine_flow.transform(flow(condition=3), MOVES, points(), condition=condition)
    x, back = affine_flow.transform(flow(condition=3), MOVES, y, inverse=True, condition=condition)
    np.testing.assert_allclose(x, points(), atol=1e-4)
    np.testing.assert_allclose(forth, -back, atol=1e-4)
    other, _ = affine_flow.transform(flow(condition=3), MOVES, points(), condition=condition + 1)
    assert float(jnp.abs(other - y).max()) > 0.1


def test_one_layer_by_hand():
    layer = jax.tree.map(lambda leaf: leaf[0], flow())
    by_hand = jax.tree.map(np.asarray, layer)
    x = np.asarray(points(1), np.float64)
    moves = np.asarray(MOVES[0])
    silu = lambda a: a / (1 + np.exp(-a))  # noqa: E731
    hidden = silu(np.where(moves, 0, x) @ by_hand.first + by_hand.first_bias)
    out = silu(hidden @ by_hand.second + by_hand.second_bias) @ by_hand.last + by_hand.last_bias
    scale = np.where(moves, 2 * np.tanh(out[:, :DIMS] / 2), 0)
    wanted = x * np.exp(scale) + np.where(moves, out[:, DIMS:], 0)
    y, diagonal = affine_flow.couple(layer, MOVES[0], points(1))
    np.testing.assert_allclose(y, wanted, atol=1e-5)
    np.testing.assert_allclose(diagonal, scale, atol=1e-5)


def test_lower_groups_never_see_higher_ones():
    groups = jnp.array([0, 1, 0, 1, 0])
    jacobian = jax.jacobian(lambda x: affine_flow.transform(flow(), MOVES, x[None], groups=groups)[0][0])(points()[0])
    light, heavy = np.asarray(groups) == 0, np.asarray(groups) == 1
    np.testing.assert_array_equal(np.asarray(jacobian)[np.ix_(light, heavy)], 0)
    assert np.abs(np.asarray(jacobian)[np.ix_(heavy, light)]).max() > 0.01
    y, _ = affine_flow.transform(flow(), MOVES, points(), groups=groups)
    x, _ = affine_flow.transform(flow(), MOVES, y, inverse=True, groups=groups)
    np.testing.assert_allclose(x, points(), atol=1e-4)


@pytest.mark.parametrize("inverse", [False, True])
def test_the_force_carried_along_is_the_gradient_of_the_density_afterwards(inverse):
    def log_density(y):
        x, volume = affine_flow.transform(flow(), MOVES, y, not inverse)
        return jnp.sum(-0.5 * jnp.sum(x**2, 1) + volume)

    y, force = affine_flow.carry_force(flow(), MOVES, points(), -points(), inverse)
    np.testing.assert_allclose(y, affine_flow.transform(flow(), MOVES, points(), inverse)[0], atol=1e-5)
    np.testing.assert_allclose(force, jax.grad(log_density)(y), atol=2e-4)
