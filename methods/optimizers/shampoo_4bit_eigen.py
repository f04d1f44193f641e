"""4-bit Shampoo: of each average the eigenvectors are kept in 4 bits, the eigenvalues in 32.

**Source**: Wang, Zhou, Li, Huang: 4-bit Shampoo for Memory-Efficient Network Training, NeurIPS 2024,
https://arxiv.org/abs/2405.18144; the authors' code as kept in codebat/low-bit-Shampoo (`optimizers/shampoo2.py`,
`qtensor/utils.py`, `qtensor/functional.py`), without that copy's own cut to half of the eigenvalues.

    recall    V <- Bjorck(stored rows), 1 step;    A = V^T diag(values) V
    keep      V <- qr(A V^T)^T;    values <- diag(V A V^T);    rows of V stored by the linear square code
    root      V <- Bjorck(stored rows), 4 steps;    V^T (values + ridge)^(-1/4) V, its off-diagonal stored in 4 bits

**Differs from the paper**: 1. averages are updated at each step and roots taken every 10, instead of 100 and 500.
2. what is stored is kept as the numbers that it decodes to. 3. `repair=0` leaves Bjorck's steps out, in both places.

**Shapes**: d a side's length; eigenvectors are rows [d, d].
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.optimizers._low_bit import (
    GraftedShampoo,
    fourth_root,
    orthonormalise,
    quantise,
    quantise_off_diagonal,
)


class Kept(NamedTuple):
    """Eigenvectors as rows [d, d], decoded, and eigenvalues [d]."""

    vectors: jax.Array
    values: jax.Array


class Shampoo4bitEigen(GraftedShampoo):
    """Stores an average by its quantised eigenvectors."""

    bits: int = 4  # of an entry of the eigenvectors, and of the root's off-diagonal
    repair: int = 1  # Bjorck steps before an average is recalled; a root has four times as many

    paper = "wang20244bit"

    def keep(self, average: jax.Array, before: Kept | None) -> Kept:
        start = jnp.eye(len(average)) if before is None else self.repaired(before, 1)
        vectors = jnp.linalg.qr(average @ start.T)[0].T
        values = jnp.diagonal(vectors @ average @ vectors.T)
        return Kept(vectors=quantise(vectors, self.bits), values=values)

    def recall(self, kept: Kept) -> jax.Array:
        vectors = self.repaired(kept, 1)
        return (vectors.T * kept.values[None]) @ vectors

    def repaired(self, kept: Kept, times: int) -> jax.Array:
        """Stored eigenvectors after Bjorck's steps."""
        return orthonormalise(kept.vectors, times * self.repair)

    def root(self, kept: Kept) -> jax.Array:
        return quantise_off_diagonal(fourth_root(kept.values, self.repaired(kept, 4)), self.bits)

    def kept_root(self, state: object, matrix: jax.Array) -> jax.Array:
        """Of a matrix whose exact eigenvectors are stored a single time."""
        values, vectors = jnp.linalg.eigh(matrix)
        return self.root(Kept(vectors=quantise(vectors.T, self.bits), values=values))
