"""Boolean functions against enumeration, term by term."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import boolean

RNG = np.random.default_rng(0)


def product(point: np.ndarray, held: int) -> float:
    """The product of the variables whose bits are set in a number."""
    return float(np.prod([x for k, x in enumerate(point) if held >> k & 1]))


def test_the_cube_holds_every_point_once() -> None:
    points = boolean.cube(3)
    assert {tuple(p) for p in points} == set(itertools.product((-1.0, 1.0), repeat=3))
    np.testing.assert_array_equal(points[0b110], [1, -1, -1])  # bit k of the row's number says that x_k is -1
    np.testing.assert_array_equal(boolean.degrees(3), [0, 1, 1, 2, 1, 2, 2, 3])


def test_coefficients_are_means_of_products() -> None:
    values = RNG.normal(size=(2, 16))
    expected = [
        [np.mean([v[i] * product(p, s) for i, p in enumerate(boolean.cube(4))]) for s in range(16)] for v in values
    ]
    found = boolean.walsh_transform(jnp.asarray(values, jnp.float32))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose((np.asarray(found) ** 2).sum(1), (values**2).mean(1), rtol=1e-5)  # Parseval
    np.testing.assert_allclose(16 * boolean.walsh_transform(found), values, atol=1e-5)  # its own inverse


def test_influence_is_the_squared_difference_along_a_variable() -> None:
    values = RNG.normal(size=32)
    index = np.arange(32)
    expected = [((values[index] - values[index ^ (1 << k)]) ** 2).mean() / 4 for k in range(5)]
    np.testing.assert_allclose(boolean.influences(jnp.asarray(values, jnp.float32)), expected, rtol=1e-5)
    majority = jnp.sign(jnp.asarray(boolean.cube(3)).sum(1))
    np.testing.assert_allclose(boolean.influences(majority), [0.5, 0.5, 0.5], rtol=1e-6)


def test_a_frozen_variable_is_replaced_by_one() -> None:
    points = boolean.cube(4)
    values = RNG.normal(size=16)
    replaced = points.copy()
    replaced[:, 2] = 1
    rows = [int(np.flatnonzero((points == p).all(1))[0]) for p in replaced]
    np.testing.assert_array_equal(boolean.frozen(jnp.asarray(values, jnp.float32), 2), values[rows].astype(np.float32))


def test_least_degree_of_a_pair_and_of_a_frozen_variable() -> None:
    points = boolean.cube(4)
    pair = points[:, 0] * points[:, 2]
    seen = (points[:, 0] > 0) | (points[:, 2] > 0)
    np.testing.assert_allclose(boolean.least_degree(pair, seen), points[:, 0] + points[:, 2] - 1, atol=1e-9)
    values = RNG.normal(size=16)
    expected = boolean.frozen(jnp.asarray(values, jnp.float32), 1)
    np.testing.assert_allclose(boolean.least_degree(values, points[:, 1] > 0), expected, atol=1e-6)


def test_least_degree_beats_every_other_interpolator_from_the_top_down() -> None:
    values = RNG.normal(size=16)
    seen = RNG.permutation(16) < 11
    found = boolean.least_degree(values, seen)
    np.testing.assert_allclose(found[seen], values[seen], atol=1e-9)

    def profile(v: np.ndarray) -> list[float]:
        squares = np.asarray(boolean.walsh_transform(jnp.asarray(v, jnp.float32))) ** 2
        return [float(squares[boolean.degrees(4) == d].sum()) for d in range(4, -1, -1)]

    for _ in range(20):
        other = np.where(seen, values, found + 0.3 * RNG.normal(size=16))
        first = next(
            i for i, (a, b) in enumerate(zip(profile(found), profile(other), strict=True)) if abs(a - b) > 1e-6
        )
        assert profile(found)[first] < profile(other)[first]


@pytest.mark.parametrize(("matrix", "count"), [(np.eye(3), 0), (np.ones((2, 3)), 2), (np.zeros((0, 3)), 3)])
def test_null_space(matrix: np.ndarray, count: int) -> None:
    basis = boolean.null_space(matrix)
    assert basis.shape == (3, count)
    np.testing.assert_allclose(matrix @ basis, 0.0, atol=1e-12)
    np.testing.assert_allclose(basis.T @ basis, np.eye(count), atol=1e-12)
