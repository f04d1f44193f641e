"""Solves the linear equations modulo a prime that the training set is: Gaussian elimination.

**Source**: none, plain algebra; what a learner that is told the problem's form does.

    find c in Z_p^t with sum_t c_t x_nt = y_n mod p for all n;    label = sum_t c_t x_t mod p

**Differs from the paper**: nothing.

**Shapes**: n strings, t positions.
"""

from typing import NamedTuple

import jax
import numpy as np

from toybench import Method


class State(NamedTuple):
    """Coefficients int [t]."""

    coefficients: np.ndarray


def solve_modular(matrix: np.ndarray, right: np.ndarray, prime: int) -> np.ndarray:
    """A solution [t] of matrix [n, t] times it = right [n] modulo a prime; free unknowns are 0."""
    table = np.concatenate([matrix, right[:, None]], axis=1).astype(np.int64) % prime
    pivots: list[int] = []
    for column in range(matrix.shape[1]):
        row = len(pivots)
        candidates = np.flatnonzero(table[row:, column])
        if len(candidates):
            table[[row, row + candidates[0]]] = table[[row + candidates[0], row]]
            table[row] = table[row] * pow(int(table[row, column]), -1, prime) % prime
            others = np.arange(len(table)) != row
            table[others] = (table[others] - table[others, column, None] * table[None, row]) % prime
            pivots.append(column)
    solution = np.zeros(matrix.shape[1], np.int64)
    solution[pivots] = table[: len(pivots), -1]
    return solution


class ModularElimination(Method):
    """Runs on the host; it attends to the positions whose coefficients aren't 0."""

    compiled = False
    deterministic = True

    def init(self, key: jax.Array) -> State:
        tokens = np.asarray(self.given.tokens)
        labels = np.asarray(self.given.labels)
        return State(coefficients=solve_modular(tokens, labels, self.spec.modulus))

    def scores(self, state: State, tokens: jax.Array) -> np.ndarray:
        labels = np.asarray(tokens) @ state.coefficients % self.spec.modulus
        return np.eye(self.spec.modulus, dtype=np.float32)[labels]

    def attention(self, state: State, tokens: jax.Array) -> np.ndarray:
        held = (state.coefficients != 0).astype(np.float32)
        return np.broadcast_to(held / max(held.sum(), 1.0), np.shape(tokens))
