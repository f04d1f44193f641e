"""Random rotations against their moments, principal axes against numpy's eigenvectors."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import rotations


def clouds(seed=0, shape=(40, 12, 3)):
    return np.random.default_rng(seed).normal(size=shape) * np.array([2.0, 1.0, 0.4])


def test_a_quaternion_by_hand():
    """cos(a/2) and sin(a/2) about the last axis turn by a; its length doesn't matter."""
    angle = 0.7
    found = rotations.rotations(3 * jnp.array([np.cos(angle / 2), 0, 0, np.sin(angle / 2)], jnp.float32))
    wanted = [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    x = jnp.array([[1.0, 0.0, 2.0]])
    np.testing.assert_allclose(rotations.turn(x, found), [[np.cos(angle), np.sin(angle), 2]], atol=1e-6)


def test_rotations_are_uniform():
    """Orthogonal with determinant 1; entries have mean 0 and mean square 1/3, the trace a mean square of 1."""
    found = np.asarray(rotations.rotations(jax.random.normal(jax.random.key(0), (20_000, 4))))
    np.testing.assert_allclose(
        found[:50] @ found[:50].swapaxes(1, 2), np.broadcast_to(np.eye(3), (50, 3, 3)), atol=1e-5
    )
    np.testing.assert_allclose(np.linalg.det(found[:50]), 1, atol=1e-5)
    np.testing.assert_allclose(found.mean(0), 0, atol=0.02)
    np.testing.assert_allclose((found**2).mean(0), 1 / 3, atol=0.02)
    assert np.trace(found, axis1=1, axis2=2).var() == pytest.approx(1, abs=0.03)


def test_half_of_the_orthogonal_matrices_are_reflections():
    found = np.asarray(rotations.orthogonal(jax.random.normal(jax.random.key(1), (4000, 5))))
    signs = np.linalg.det(found)
    np.testing.assert_allclose(np.abs(signs), 1, atol=1e-5)
    assert (signs > 0).mean() == pytest.approx(0.5, abs=0.03)


def test_principal_axes_are_numpys_eigenvectors():
    x = clouds() + 5.0
    axes, variances = rotations.principal_axes(jnp.asarray(x, jnp.float32))
    for cloud, own, size in zip(x, np.asarray(axes), np.asarray(variances), strict=True):
        values, vectors = np.linalg.eigh(np.cov(cloud.T, bias=True))
        np.testing.assert_allclose(size, values, rtol=1e-3)
        np.testing.assert_allclose(np.abs(vectors.T @ own), np.eye(3), atol=2e-3)


def test_axes_turn_with_the_cloud():
    x = jnp.asarray(clouds(1), jnp.float32)
    turns = rotations.orthogonal(jax.random.normal(jax.random.key(2), (40, 5)))
    plain, _ = rotations.principal_axes(x)
    turned, _ = rotations.principal_axes(rotations.turn(x, turns))
    agree = jnp.swapaxes(turned, 1, 2) @ turns @ plain
    np.testing.assert_allclose(jnp.abs(agree), np.broadcast_to(np.eye(3), (40, 3, 3)), atol=5e-3)


def test_a_flat_cloud_has_axes():
    axes, variances = rotations.principal_axes(jnp.zeros((2, 4, 3)))
    np.testing.assert_allclose(axes, np.broadcast_to(np.eye(3), (2, 3, 3)))
    np.testing.assert_allclose(variances, 0)
