"""Matrix functions against decompositions."""

import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import matrices

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (5, 5)])
def test_polar_is_the_product_of_the_singular_vectors(shape):
    matrix = RANDOM.normal(size=shape).astype(np.float32)
    u, _, v = np.linalg.svd(matrix, full_matrices=False)
    np.testing.assert_allclose(matrices.polar(jnp.asarray(matrix)), u @ v, atol=1e-4)


def test_inverse_root_undoes_a_power():
    half = RANDOM.normal(size=(5, 9)).astype(np.float32)
    matrix = half @ half.T
    root = np.asarray(matrices.inverse_root(jnp.asarray(matrix), power=4, floor=0.0), np.float64)
    np.testing.assert_allclose(np.linalg.matrix_power(root, 4) @ matrix, np.eye(5), atol=1e-3)


def test_small_eigenvalues_count_as_the_floor():
    root = matrices.inverse_root(jnp.diag(jnp.array([1.0, 1e-8])), power=2, floor=1e-4)
    np.testing.assert_allclose(np.diag(root), [1.0, 100.0], rtol=1e-4)
