"""Sparse binary codes superposed by their sum: a counting Bloom filter.

**Source**: Clarkson, Ubaru and Yang, "Capacity Analysis of Vector Symbolic Architectures", 2023,
https://arxiv.org/abs/2301.10352; the filter: Fan, Cao, Almeida and Broder, "Summary Cache", IEEE/ACM Transactions on
Networking 8(3), 2000, https://doi.org/10.1109/90.851975.

    S = x_1 + .. + x_n         i is a member iff min of S over the ones of x_i is at least 1: as for sparse_binary
    |X and Y| = (<S_X, S_Y> - |X| |Y| d q^2) / (d q - d q^2),    q = 1 - (1 - 1/d)^k the mean density of a code

The estimate is unbiased: a common symbol adds d q in the mean, a pair of different ones d q^2.

**Differs from the paper**: 1. codes by independent hashes, which may meet. 2. at most 24 hashes, fewer than
would be best only beyond 35 dimensions a stored symbol. 3. the paper's estimator could not be checked.

**Shapes**: c codebooks, s sets, d dimensions.
"""

import jax

from toybench.methods.vector_symbolic._algebra import count_bits
from toybench.methods.vector_symbolic._sparse import Hashed


class CountingSparse(Hashed):
    """A count a dimension."""

    paper = "clarkson2023capacity"

    def superpose(self, counts: jax.Array) -> jax.Array:
        return counts

    def intersection(
        self, state: jax.Array, first: jax.Array, second: jax.Array, sizes: tuple[int, int], dim: int
    ) -> jax.Array:
        density = 1 - (1 - 1 / dim) ** self.hashes(max(sizes), dim)
        chance = dim * density**2
        return ((first[0] * second[0]).sum(-1) - sizes[0] * sizes[1] * chance) / (dim * density - chance)

    def bits(self, state: jax.Array, dim: jax.Array, capacity: int) -> jax.Array:
        return count_bits(dim, capacity)
