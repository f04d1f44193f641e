"""Shampoo in few bits: the code, the repair, what is stored, and the step, against float64 by hand."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import linalg

from tests.optimizers.small import rule, states
from toybench.methods.optimizers import _low_bit
from toybench.methods.optimizers.shampoo_4bit_direct import Shampoo4bitDirect
from toybench.methods.optimizers.shampoo_4bit_eigen import Kept, Shampoo4bitEigen
from toybench.methods.optimizers.shampoo_32bit import Shampoo32bit
from toybench.tasks.optimizers.box_quadratic import BoxProblem
from toybench.tasks.optimizers.inverse_roots import Stream

SIZE = 6
RANDOM = np.random.default_rng(11)
GRADIENTS = [RANDOM.normal(size=(SIZE, SIZE)) * np.array([3.0, 2.0, 1.5, 1.0, 0.6, 0.4]) for _ in range(5)]
BATCHES = [g.astype(np.float32) for g in GRADIENTS]


def code_by_hand() -> np.ndarray:
    spaced = [-1 + 2 * i / 15 for i in range(16)]
    spaced[7] = 0.0
    return np.array([np.sign(s) * s**2 for s in spaced])


def quantised_by_hand(matrix: np.ndarray, block: int = 64) -> np.ndarray:
    found = np.zeros_like(matrix)
    for row in range(matrix.shape[0]):
        for at in range(0, matrix.shape[1], block):
            part = matrix[row, at : at + block]
            scale = np.abs(part).max() or 1.0
            nearest = np.abs(part[:, None] / scale - code_by_hand()[None]).argmin(1)
            found[row, at : at + block] = code_by_hand()[nearest] * scale
    return found


def bjorck(vectors: np.ndarray, times: int) -> np.ndarray:
    for _ in range(times):
        vectors = 1.5 * vectors - 0.5 * vectors @ vectors.T @ vectors
    return vectors


def off_diagonal_by_hand(matrix: np.ndarray) -> np.ndarray:
    diagonal = np.diag(np.diag(matrix))
    found = quantised_by_hand(matrix - diagonal)
    np.fill_diagonal(found, np.diag(matrix))
    return found


def bound(cls: Any, **fields: Any) -> Any:
    return rule(cls, problem=Stream(), start={"map": np.zeros((SIZE, SIZE), np.float32)}, **fields)


def memories(method: Any) -> list[Any]:
    return [state.slots for state in states(method, BATCHES)]


def test_the_code_has_sixteen_levels_with_zero_and_both_ends() -> None:
    code = np.asarray(_low_bit.levels(4))
    np.testing.assert_allclose(code, code_by_hand(), atol=1e-6)
    assert len(set(code.tolist())) == 16 and (np.diff(code) > 0).all()
    np.testing.assert_allclose(code[[0, 7, 8, 15]], [-1, 0, 1 / 225, 1], atol=1e-6)


def test_blocks_of_a_row_have_scales_of_their_own() -> None:
    matrix = RANDOM.normal(size=(3, 128)) * np.where(np.arange(128) < 64, 1.0, 100.0)
    matrix[1, :64] = 0.0
    got = np.asarray(_low_bit.quantise(jnp.asarray(matrix, jnp.float32), 4))
    np.testing.assert_allclose(got, quantised_by_hand(matrix), rtol=1e-4, atol=1e-6)
    assert (got[1, :64] == 0).all()
    fine = np.asarray(_low_bit.quantise(jnp.asarray(matrix, jnp.float32), 10))
    assert np.abs(fine - matrix).max() < 0.02 * np.abs(got - matrix).max()


def test_a_diagonal_in_32_bits_is_exact_and_sets_no_scale() -> None:
    matrix = RANDOM.normal(size=(8, 8)) + 50.0 * np.eye(8)
    got = np.asarray(_low_bit.quantise_off_diagonal(jnp.asarray(matrix, jnp.float32), 4))
    np.testing.assert_allclose(got, off_diagonal_by_hand(matrix), rtol=1e-4, atol=1e-5)
    assert np.abs(got - matrix).max() < 0.5


def test_the_repair_moves_singular_values_to_one() -> None:
    u, v = (np.linalg.qr(RANDOM.normal(size=(4, 4)))[0] for _ in range(2))
    values = np.array([1.1, 1.0, 0.9, 0.8])
    got = _low_bit.orthonormalise(jnp.asarray(u * values @ v, jnp.float32), 1)
    np.testing.assert_allclose(got, u * (1.5 * values - 0.5 * values**3) @ v, atol=1e-5)
    np.testing.assert_allclose(
        np.linalg.svd(_low_bit.orthonormalise(jnp.asarray(u * values @ v, jnp.float32), 4))[1], 1.0, atol=1e-4
    )


def test_the_fourth_root_has_a_ridge() -> None:
    vectors = np.linalg.qr(RANDOM.normal(size=(4, 4)))[0].T
    values = np.array([4.0, 1.0, 0.25, -0.1])  # a value below 0 counts as 0
    lifted = np.array([4.0, 1.0, 0.25, 0.0]) + 4e-6
    expected = linalg.fractional_matrix_power(vectors.T @ np.diag(lifted) @ vectors, -0.25)
    got = _low_bit.fourth_root(jnp.asarray(values, jnp.float32), jnp.asarray(vectors, jnp.float32))
    np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("repair", [1, 0])
def test_eigenvectors_are_stored_and_recalled_as_by_hand(repair: int) -> None:
    slots = memories(bound(Shampoo4bitEigen, every=5, repair=repair))
    vectors, values = np.eye(SIZE), np.full(SIZE, 1e-6)
    for g, slot in zip(GRADIENTS, slots, strict=True):
        recalled = bjorck(vectors, repair)
        average = 0.95 * recalled.T @ np.diag(values) @ recalled + 0.05 * g @ g.T
        turned = np.linalg.qr(average @ bjorck(vectors, repair).T)[0].T
        values = np.diag(turned @ average @ turned.T)
        vectors = quantised_by_hand(turned)
        kept = slot.kept[0][0]
        np.testing.assert_allclose(kept.vectors, vectors, atol=2e-4)
        np.testing.assert_allclose(kept.values, values, rtol=2e-3, atol=1e-5)
    repaired = bjorck(vectors, 4 * repair)
    root = repaired.T @ np.diag((np.maximum(values, 0) + 1e-6 * values.max()) ** -0.25) @ repaired
    np.testing.assert_allclose(slots[-1].roots[0][0], off_diagonal_by_hand(root), rtol=5e-3, atol=5e-3)


def test_the_other_side_is_of_columns() -> None:
    slots = memories(bound(Shampoo32bit))
    average = 1e-6 * np.eye(SIZE)
    for g in GRADIENTS:
        average = 0.95 * average + 0.05 * g.T @ g
    np.testing.assert_allclose(slots[-1].kept[0][1], average, rtol=1e-4, atol=1e-5)


def test_averages_themselves_are_stored_and_cut_as_by_hand() -> None:
    slots = memories(bound(Shampoo4bitDirect, every=5, floor=0.03))
    stored = 1e-6 * np.eye(SIZE)
    for g, slot in zip(GRADIENTS, slots, strict=True):
        stored = off_diagonal_by_hand(0.95 * stored + 0.05 * g @ g.T)
        np.testing.assert_allclose(slot.kept[0][0], stored, rtol=1e-3, atol=1e-4)
    values, vectors = np.linalg.eigh((stored + stored.T) / 2)
    root = vectors @ np.diag(np.maximum(values, 0.03 * values[-1]) ** -0.25) @ vectors.T
    np.testing.assert_allclose(slots[-1].roots[0][0], off_diagonal_by_hand(root), rtol=1e-3, atol=1e-3)


def test_the_step_has_the_gradients_length_and_momentum() -> None:
    """Roots are taken at every second update; before the first, the gradient goes as it is."""
    method = bound(Shampoo32bit, every=2, lr=0.1, decay=0.5)
    left = right = 1e-6 * np.eye(SIZE)
    roots = (np.eye(SIZE), np.eye(SIZE))
    momentum = weights = np.zeros((SIZE, SIZE))
    for t, (g, state) in enumerate(zip(GRADIENTS, states(method, BATCHES), strict=True), 1):
        left = 0.95 * left + 0.05 * g @ g.T
        right = 0.95 * right + 0.05 * g.T @ g
        if t % 2 == 0:
            ridges = [1e-6 * np.linalg.eigvalsh(side)[-1] * np.eye(SIZE) for side in (left, right)]
            roots = tuple(
                linalg.fractional_matrix_power(side + ridge, -0.25)
                for side, ridge in zip((left, right), ridges, strict=True)
            )
        step = roots[0] @ g @ roots[1]
        momentum = 0.9 * momentum + step * np.linalg.norm(g) / np.linalg.norm(step)
        weights = weights - 0.1 * (momentum + 0.5 * weights)
        np.testing.assert_allclose(method.weights(state)["map"], weights, rtol=5e-3, atol=5e-3)
        np.testing.assert_allclose(method.roots(state)[1], roots[1], rtol=2e-2, atol=2e-2)


def test_with_many_bits_the_root_is_the_exact_one() -> None:
    statistic = jnp.asarray(GRADIENTS[0] @ GRADIENTS[0].T, jnp.float32)
    exact = np.asarray(Shampoo32bit().kept_root(None, statistic))
    ridge = 1e-6 * np.linalg.eigvalsh(statistic)[-1] * np.eye(SIZE)
    np.testing.assert_allclose(
        exact, linalg.fractional_matrix_power(np.asarray(statistic, np.float64) + ridge, -0.25), rtol=0.02, atol=0.02
    )
    for cls, fields in ((Shampoo4bitEigen, {}), (Shampoo4bitDirect, {"floor": 1e-6})):
        fine = np.asarray(cls(bits=12, **fields).kept_root(None, statistic))
        coarse = np.asarray(cls(**fields).kept_root(None, statistic))
        assert np.abs(fine - exact).max() < 0.02 * np.abs(exact).max() < np.abs(coarse - exact).max()


def test_turning_finds_the_eigenvectors() -> None:
    statistic = jnp.asarray(GRADIENTS[1] @ GRADIENTS[1].T, jnp.float32)
    method = Shampoo4bitEigen(bits=12)
    kept: Kept = method.keep(statistic, None)
    with jax.disable_jit():
        for _ in range(60):
            kept = method.keep(statistic, kept)
    np.testing.assert_allclose(kept.values, np.linalg.eigvalsh(statistic)[::-1], rtol=0.02, atol=0.02)
    np.testing.assert_allclose(method.recall(kept), statistic, rtol=0.02, atol=0.05)


def test_where_they_do_not_fit() -> None:
    assert "vectors" in (Shampoo32bit().fits(BoxProblem()) or "")
    assert "side by side" in (Shampoo32bit().fits(Stream(rates=(1.0,))) or "")
    assert Shampoo32bit().fits(Stream()) is None
