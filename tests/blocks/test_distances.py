"""Distances between samples against loops, known laws and SciPy-free closed forms."""

import itertools
from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import distances

RNG = np.random.default_rng(0)
X = jnp.asarray(RNG.normal(size=(7, 2)), jnp.float32)
Y = jnp.asarray(RNG.normal(size=(5, 2)) + 1, jnp.float32)


def test_energy_distance_is_its_definition() -> None:
    def gap(pairs: Iterable[tuple[jax.Array, jax.Array]]) -> float:
        return float(np.mean([np.linalg.norm(np.asarray(a) - np.asarray(b)) for a, b in pairs]))

    expected = 2 * gap(itertools.product(X, Y)) - gap(itertools.permutations(X, 2)) - gap(itertools.permutations(Y, 2))
    np.testing.assert_allclose(distances.energy_distance(X, Y), expected, rtol=1e-5)


def test_energy_distance_is_unbiased() -> None:
    draws = jax.random.normal(jax.random.key(0), (4000, 2, 6, 2))
    same = jax.vmap(distances.energy_distance)(draws[:, 0], draws[:, 1])
    np.testing.assert_allclose(same.mean(), 0.0, atol=4 * same.std() / 4000**0.5)


def test_distances_have_a_gradient_where_points_coincide() -> None:
    gradient = jax.grad(lambda x: distances.energy_distance(x, X))(X)
    assert jnp.isfinite(gradient).all()


def test_sliced_wasserstein_of_a_shift() -> None:
    shift = jnp.array([0.6, -0.8])
    found = distances.sliced_wasserstein(X, X[::-1] + shift[None], distances.directions(64))
    np.testing.assert_allclose(found, 0.5, rtol=1e-5)  # |shift|^2 times the mean of cos^2
    with pytest.raises(ValueError, match="one size"):
        distances.sliced_wasserstein(X, Y, distances.directions(4))


def test_counts_of_the_nearest_centres() -> None:
    centres = jnp.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    points = jnp.array([[9.0, 1.0], [1.0, 1.0], [11.0, -2.0], [0.0, 4.9]])
    np.testing.assert_array_equal(distances.nearest_counts(points, centres), [2, 2, 0])


def test_jensen_shannon() -> None:
    apart = distances.jensen_shannon(jnp.array([2.0, 0.0]), jnp.array([0.0, 5.0]))
    np.testing.assert_allclose(apart, np.log(2), rtol=1e-6)
    p, q = np.array([0.1, 0.2, 0.7]), np.array([0.3, 0.3, 0.4])
    middle = (p + q) / 2
    expected = 0.5 * (p * np.log(p / middle)).sum() + 0.5 * (q * np.log(q / middle)).sum()
    np.testing.assert_allclose(distances.jensen_shannon(jnp.asarray(p), jnp.asarray(q)), expected, rtol=1e-5)
