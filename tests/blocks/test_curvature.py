"""Curvature against matrices written down."""

import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks import curvature

HESSIAN = np.array([[3.0, 1.0, 0.5], [1.0, 2.0, -0.3], [0.5, -0.3, 1.0]], np.float32)


def loss(weights: dict) -> jax.Array:
    w = jnp.concatenate([weights["a"], weights["b"]])
    return 0.5 * w @ jnp.asarray(HESSIAN) @ w + w.sum()


AT = {"a": jnp.array([0.3]), "b": jnp.array([-1.0, 2.0])}


def test_hvp_is_the_hessian_times_the_direction():
    along = curvature.hvp(loss, AT, {"a": jnp.array([1.0]), "b": jnp.array([2.0, -1.0])})
    np.testing.assert_allclose(np.concatenate([along["a"], along["b"]]), HESSIAN @ [1, 2, -1], rtol=1e-5)


def test_the_diagonal_is_estimated_without_bias_from_signs():
    probes = [curvature.diagonal(loss, AT, key) for key in jax.random.split(jax.random.key(0), 200)]
    mean = np.mean([np.concatenate([p["a"], p["b"]]) for p in probes], axis=0)
    np.testing.assert_allclose(mean, np.diag(HESSIAN), atol=0.25)
    drawn = curvature.signs(jax.random.key(1), AT)
    assert set(np.concatenate([drawn["a"], drawn["b"]]).tolist()) <= {-1.0, 1.0}


def test_sharpness_is_the_largest_eigenvalue():
    start = {"a": jnp.array([1.0]), "b": jnp.array([0.2, 0.1])}
    found = curvature.sharpness(loss, AT, start, iterations=60)
    np.testing.assert_allclose(found, np.linalg.eigvalsh(HESSIAN)[-1], rtol=1e-4)
