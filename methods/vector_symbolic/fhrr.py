"""Fourier holographic reduced representations: random phasors, bound by the elementwise complex product.

**Source**: Plate, "Holographic Reduced Representations", IEEE Transactions on Neural Networks 6(3), 1995,
https://doi.org/10.1109/72.377968 (circular vectors in the frequency domain).

    bind(k, v) = k * v        unbind(k, v) = conj(k) * v        |k_j| = 1
    S = sum_i x_i             i is a member iff Re <S, x_i> >= d / 2

**Differs from the paper**: 1. sums keep their magnitudes, where the paper takes their phases. 2. a dimension is a
complex number: two numbers a dimension in all counts.

**Shapes**: b vectors, d dimensions, k keys.
"""

import jax

from toybench.methods.vector_symbolic._algebra import REAL, Algebra, State, Sums, normalise
from toybench.tasks.vector_symbolic import phasors


class FHRR(Sums, Algebra):
    """Commutative isometry."""

    def atoms(self, key: jax.Array, count: int) -> jax.Array:
        return phasors(jax.random.uniform(key, (count, self.spec.dim)))

    def operators(self, key: jax.Array) -> jax.Array:
        return self.atoms(key, self.spec.keys)

    def bind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return state.keys[key] * vector

    def unbind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return state.keys[key].conj() * vector

    def numbers(self, state: State, dim: jax.Array) -> jax.Array:
        return 2 * dim

    def bits(self, state: State, dim: jax.Array, capacity: int) -> jax.Array:
        return REAL * 2 * dim

    def settle(self, state: State, vector: jax.Array) -> jax.Array:
        return normalise(vector)
