"""Shampoo with each average itself in 4 bits: the naive way to save memory.

**Source**: the baseline of Wang, Zhou, Li, Huang: 4-bit Shampoo for Memory-Efficient Network Training, NeurIPS 2024,
https://arxiv.org/abs/2405.18144; the authors' code as kept in codebat/low-bit-Shampoo (`optimizers/shampoo1.py`).

    recall    A = stored;    keep    A's diagonal in 32 bits, the rest by the linear square code
    root      A^(-1/4), its eigenvalues at least `floor` times the largest; its off-diagonal stored in 4 bits

**Differs from the paper**: 1. what is stored is made symmetric and its eigenvalues are cut from below at a tuned
`floor`; the authors' Newton iteration with a ridge of 1e-6 does not converge on the indefinite matrices that
quantisation leaves. 2. averages are updated at each step and roots taken every 10, instead of 100 and 500.

**Shapes**: d a side's length.
"""

import jax

from toybench.blocks.matrices import inverse_root
from toybench.methods.optimizers._low_bit import GraftedShampoo, quantise_off_diagonal


class Shampoo4bitDirect(GraftedShampoo):
    """Stores an average by its quantised entries."""

    bits: int = 4  # of an off-diagonal entry of the average, and of the root
    floor: float = 0.03  # least eigenvalue over the largest, above 0

    def keep(self, average: jax.Array, before: jax.Array | None) -> jax.Array:
        return quantise_off_diagonal(average, self.bits)

    def recall(self, kept: jax.Array) -> jax.Array:
        return kept

    def root(self, kept: jax.Array) -> jax.Array:
        symmetric = (kept + kept.T) / 2
        return quantise_off_diagonal(inverse_root(symmetric, 4, self.floor), self.bits)

    def kept_root(self, state: object, matrix: jax.Array) -> jax.Array:
        """Of a matrix that is stored a single time."""
        return self.root(self.keep(matrix, None))
