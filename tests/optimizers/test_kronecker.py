"""Shampoo and SOAP, gradient after gradient against float64 by hand, and the rules that they turn into."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from tests.optimizers.small import BATCHES, COLUMNS, ROWS, directions, path, rule
from toybench.methods.optimizers import soap
from toybench.methods.optimizers.shampoo import Shampoo
from toybench.methods.optimizers.shampoo_grafted import ShampooGrafted, graft
from toybench.methods.optimizers.soap import SOAP
from toybench.tasks.optimizers.box_quadratic import DECAYS, BoxProblem

MAPS = [b["map"].astype(np.float64) for b in BATCHES]
BIASES = [b["bias"].astype(np.float64) for b in BATCHES]
FLOOR = 1e-6


def inverse_root(matrix: np.ndarray, power: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, FLOOR * values[-1]) ** (-1 / power)) @ vectors.T


def adam_by_hand(gradients: list[np.ndarray], b1: float, b2: float) -> list[np.ndarray]:
    m = v = np.zeros(())
    found = []
    for t, g in enumerate(gradients, 1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        found.append(m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + 1e-8))
    return found


def shampoo_by_hand(every: int, b1: float = 0.9) -> list[np.ndarray]:
    left, right, m = np.zeros((ROWS, ROWS)), np.zeros((COLUMNS, COLUMNS)), 0.0
    roots = (left, right)
    found = []
    for t, g in enumerate(MAPS):
        m = b1 * m + (1 - b1) * g
        left = left + g @ g.T
        right = right + g.T @ g
        if t < every or t % every == 0:
            roots = (inverse_root(left, 4), inverse_root(right, 4))
        found.append(roots[0] @ m @ roots[1])
    return found


@pytest.mark.parametrize("every", [1, 2])
def test_shampoo_by_hand(every: int) -> None:
    np.testing.assert_allclose(directions(rule(Shampoo, every=every), BATCHES), shampoo_by_hand(every), atol=2e-3)
    stale = np.abs(np.subtract(shampoo_by_hand(2), shampoo_by_hand(1))).max((1, 2))
    assert (stale[[0, 1, 2, 4]] == 0).all() and (stale[[3, 5]] > 0.005).all()


def test_shampoo_of_a_vector_is_adagrad_with_a_whole_matrix() -> None:
    total, m = np.zeros((COLUMNS, COLUMNS)), 0.0
    expected = []
    for g in BIASES:
        m = 0.9 * m + 0.1 * g
        total = total + np.outer(g, g)
        expected.append(inverse_root(total, 2) @ m)
    np.testing.assert_allclose(directions(rule(Shampoo, every=1), BATCHES, "bias"), expected, rtol=0.02, atol=0.02)


def test_shampoos_first_step_is_the_polar_factor() -> None:
    u, _, v = np.linalg.svd(MAPS[0], full_matrices=False)
    np.testing.assert_allclose(directions(rule(Shampoo, b1=0.0), BATCHES[:1])[0], u @ v, atol=1e-3)


def grafted_by_hand(every: int, power: float) -> list[np.ndarray]:
    left, right, m = np.zeros((ROWS, ROWS)), np.zeros((COLUMNS, COLUMNS)), 0.0
    found = []
    for t, (g, adam) in enumerate(zip(MAPS, adam_by_hand(MAPS, 0.9, 0.95), strict=True)):
        m = 0.9 * m + 0.1 * g
        left = 0.95 * left + 0.05 * g @ g.T
        right = 0.95 * right + 0.05 * g.T @ g
        if t % every == 0:
            roots = (inverse_root(left, power), inverse_root(right, power))
        step = roots[0] @ m @ roots[1]
        found.append(step * np.linalg.norm(adam) / np.linalg.norm(step))
    return found


@pytest.mark.parametrize(("every", "power"), [(1, 4.0), (1, 2.0), (3, 4.0)])
def test_grafted_shampoo_by_hand(every: int, power: float) -> None:
    got = directions(rule(ShampooGrafted, every=every, power=power), BATCHES)
    np.testing.assert_allclose(got, grafted_by_hand(every, power), rtol=0.02, atol=0.02)


def test_grafting_keeps_a_direction_and_takes_a_length() -> None:
    mean = jnp.array([[1.0, 2.0], [0.0, 3.0]])
    sides = (jnp.diag(jnp.array([2.0, 1.0])), jnp.diag(jnp.array([1.0, 5.0])))
    step = np.array([[2.0, 20.0], [0.0, 15.0]])
    got = graft(jnp.full((2, 2), 0.5), mean, sides)
    np.testing.assert_allclose(got, step / np.linalg.norm(step), rtol=1e-5)
    np.testing.assert_allclose(graft(jnp.array([7.0]), jnp.array([1.0]), (jnp.eye(1),)), [7.0])


def test_vectors_of_grafted_shampoo_and_soap_go_along_adam() -> None:
    grafted = directions(rule(ShampooGrafted), BATCHES, "bias")
    np.testing.assert_allclose(grafted, adam_by_hand(BIASES, 0.9, 0.95), rtol=1e-3, atol=1e-4)
    turning = directions(rule(SOAP), BATCHES, "bias")
    np.testing.assert_allclose(turning[0], 0.0)
    np.testing.assert_allclose(turning[1:], adam_by_hand(BIASES[1:], 0.95, 0.95), rtol=1e-3, atol=1e-4)


def power_step(average: np.ndarray, basis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(basis after one power step, the order of its columns before it)."""
    grown = average @ basis
    order = np.argsort(-(basis * grown).sum(0), kind="stable")
    return np.linalg.qr(grown[:, order])[0], order


def soap_by_hand(gradients: list[np.ndarray], every: int, b1: float = 0.95, b2: float = 0.95) -> list[np.ndarray]:
    left, right = gradients[0] @ gradients[0].T, gradients[0].T @ gradients[0]
    ql, qr = np.linalg.eigh(left)[1][:, ::-1], np.linalg.eigh(right)[1][:, ::-1]
    m = v = np.zeros_like(gradients[0])
    found = [m]
    for t, g in enumerate(gradients[1:], 1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * (ql.T @ g @ qr) ** 2
        inside = (ql.T @ m @ qr) / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + 1e-8)
        found.append(ql @ inside @ qr.T)
        left = b2 * left + (1 - b2) * g @ g.T
        right = b2 * right + (1 - b2) * g.T @ g
        if t % every == 0:
            ql, rows = power_step(left, ql)
            qr, columns = power_step(right, qr)
            v = v[rows][:, columns]
    return found


@pytest.mark.parametrize("every", [1, 2, 100])
def test_soap_by_hand(every: int) -> None:
    """Gradients have rows as many as columns, so that no eigenvectors are left to chance."""
    expected = soap_by_hand([m[:, :ROWS] for m in MAPS], every)
    batches = [{"bias": b["bias"], "map": b["map"][:, :ROWS]} for b in BATCHES]
    got = directions(rule(SOAP, start=batches[0], every=every), batches)
    np.testing.assert_allclose(got, expected, rtol=5e-3, atol=5e-3)


def test_a_turn_sorts_the_basis_and_the_square_with_it() -> None:
    """Eigenvalues in the old basis are out of order on both sides, in different orders."""
    rng = np.random.default_rng(9)
    spread = 0.1 * rng.normal(size=(2, 3, 3))
    averages = [np.diag(d) + s + s.T for d, s in zip(([1.0, 5.0, 3.0], [2.0, 0.5, 4.0]), spread, strict=True)]
    square = rng.uniform(1.0, 2.0, size=(3, 3))
    sides = tuple(jnp.asarray(a, jnp.float32) for a in averages)
    eyes = (jnp.eye(3), jnp.eye(3))
    leaf = soap.Leaf(mean=jnp.zeros((3, 3)), square=jnp.asarray(square, jnp.float32), averages=sides, bases=eyes)
    first = soap.turned(leaf)
    (left, rows), (right, columns) = (power_step(a, np.eye(3)) for a in averages)
    assert (rows.tolist(), columns.tolist()) == ([1, 2, 0], [2, 0, 1])
    np.testing.assert_allclose(first.square, square[rows][:, columns], rtol=1e-5)
    np.testing.assert_allclose(first.bases[0], left, atol=1e-5)
    np.testing.assert_allclose(first.bases[1], right, atol=1e-5)
    second = soap.turned(first)
    (left, rows), (right, columns) = (power_step(a, b) for a, b in zip(averages, (left, right), strict=True))
    np.testing.assert_allclose(second.square, first.square[rows][:, columns], rtol=1e-5)
    np.testing.assert_allclose(second.bases[0], left, atol=1e-5)
    np.testing.assert_allclose(second.bases[1], right, atol=1e-5)


def test_in_the_axes_soap_is_adam() -> None:
    values = [np.diag([5.0, 2.0, 1.0]) * scale for scale in (1.0, 0.7, -1.2, 0.4)]
    batches = [{"bias": np.zeros(1, np.float32), "map": v.astype(np.float32)} for v in values]
    got = directions(rule(SOAP, start=batches[0], every=1), batches)
    expected = adam_by_hand([np.diag(v) for v in values[1:]], 0.95, 0.95)
    np.testing.assert_allclose([np.diag(d) for d in got[1:]], expected, rtol=1e-4)
    np.testing.assert_allclose(got - np.stack([np.diag(np.diag(d)) for d in got]), 0.0, atol=1e-5)


def test_soap_ignores_a_rotation_and_adam_does_not() -> None:
    """Rotated gradients give rotated steps."""
    rng = np.random.default_rng(3)
    turn = np.linalg.qr(rng.normal(size=(ROWS, ROWS)))[0].astype(np.float32)
    square = [b["map"][:, :ROWS] for b in BATCHES]

    def run(gradients: list[np.ndarray]) -> np.ndarray:
        batches = [{"bias": np.zeros(1, np.float32), "map": g} for g in gradients]
        return directions(rule(SOAP, start=batches[0], every=2), batches)

    np.testing.assert_allclose(run([turn @ g for g in square]), turn[None] @ run(square), rtol=0.02, atol=0.02)
    adam = adam_by_hand([turn @ g for g in square], 0.9, 0.999)
    assert np.abs(np.array(adam) - turn @ np.array(adam_by_hand(square, 0.9, 0.999))).max() > 0.5


@pytest.mark.parametrize("cls", [ShampooGrafted, SOAP])
def test_decay_is_beside_the_step(cls: Any) -> None:
    with_decay = path(rule(cls, decay=0.5, every=1), BATCHES[:2])
    without = path(rule(cls, every=1), BATCHES[:2])
    start = np.asarray(rule(cls).given.weights["map"])
    first = 0 if cls is SOAP else 1  # SOAP's first batch moves nothing
    shrunk = without[0] - first * 0.1 * 0.5 * start
    np.testing.assert_allclose(with_decay[0], shrunk, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cls", [Shampoo, ShampooGrafted, SOAP])
def test_matrix_rules_are_not_swept(cls: Any) -> None:
    assert "side by side" in (cls().fits(BoxProblem(decays=DECAYS)) or "")
    assert cls().fits(BoxProblem()) is None
