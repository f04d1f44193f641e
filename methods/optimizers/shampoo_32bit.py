"""Shampoo at the gradient's length with exact roots: what the 4-bit forms are to be like.

**Source**: the 32-bit reference of Wang, Zhou, Li, Huang: 4-bit Shampoo for Memory-Efficient Network Training, NeurIPS
2024, https://arxiv.org/abs/2405.18144; the authors' code as kept in codebat/low-bit-Shampoo (`optimizers/shampoo1.py`
at 32 bits).

    A stored as it is;    root A^(-1/4) with a ridge of 1e-6 of the largest eigenvalue, by eigenvectors

**Differs from the paper**: 1. roots by eigenvectors instead of a Newton iteration. 2. averages are updated at each step
and roots taken every 10, instead of 100 and 500.

**Shapes**: d a side's length.
"""

import jax
import jax.numpy as jnp

from toybench.methods.optimizers._low_bit import GraftedShampoo, fourth_root


class Shampoo32bit(GraftedShampoo):
    """Stores an average as it is."""

    def keep(self, average: jax.Array, before: jax.Array | None) -> jax.Array:
        return average

    def recall(self, kept: jax.Array) -> jax.Array:
        return kept

    def root(self, kept: jax.Array) -> jax.Array:
        values, vectors = jnp.linalg.eigh(kept)
        return fourth_root(values, vectors.T)

    def kept_root(self, state: object, matrix: jax.Array) -> jax.Array:
        return self.root(matrix)
