"""Sparse binary codes superposed by or: a Bloom filter.

**Source**: Clarkson, Ubaru and Yang, "Capacity Analysis of Vector Symbolic Architectures", 2023,
https://arxiv.org/abs/2301.10352; the filter: Bloom, "Space/Time Trade-offs in Hash Coding with Allowable Errors",
Communications of the ACM 13(7), 1970, https://doi.org/10.1145/362686.362692.

    S = x_1 or .. or x_n       x_i: ones at k = d ln 2 / n hashed places
    i is a member iff S has every one of x_i: never a false negative;  failure delta at d = n ln(N / delta) / (ln 2)^2
    |X and Y| = |X| + |Y| - m,  m = ln(1 - |S_X or S_Y| / d) / (k ln(1 - 1/d)) the size of the union

**Differs from the paper**: 1. codes by independent hashes, which may meet. 2. at most 24 hashes, fewer than
would be best only beyond 35 dimensions a stored symbol. 3. the union's size is estimated by inverting the mean of its
ones.

**Shapes**: c codebooks, s sets, d dimensions.
"""

import math

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._sparse import Hashed


class SparseBinary(Hashed):
    """A bit a dimension."""

    paper = "clarkson2023capacity"

    def superpose(self, counts: jax.Array) -> jax.Array:
        return (counts > 0).astype(jnp.float32)

    def intersection(
        self, state: jax.Array, first: jax.Array, second: jax.Array, sizes: tuple[int, int], dim: int
    ) -> jax.Array:
        ones = jnp.maximum(first[0], second[0]).sum(-1)
        hashes = self.hashes(max(sizes), dim)
        union = jnp.log1p(-jnp.minimum(ones, dim - 1) / dim) / (hashes * math.log1p(-1 / dim))
        return sum(sizes) - union

    def bits(self, state: jax.Array, dim: jax.Array, capacity: int) -> jax.Array:
        return dim
