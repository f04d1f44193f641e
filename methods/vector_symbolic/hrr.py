"""Holographic reduced representations: normal vectors, bound by circular convolution.

**Source**: Plate, "Holographic Reduced Representations", IEEE Transactions on Neural Networks 6(3), 1995,
https://doi.org/10.1109/72.377968.

    bind(k, v)_i = sum_j k_j v_{i - j mod d}        k_j ~ N(0, 1/d)
    unbind(k, v)_i = sum_j k_j v_{i + j mod d}      correlation, the approximate inverse

A key's spectrum has random moduli, so each binding distorts: the adjoint undoes phases alone.

**Differs from the paper**: 1. sums aren't normalised inside a record.

**Shapes**: b vectors, d dimensions, k keys.
"""

import jax

from toybench.methods.vector_symbolic._algebra import REAL, Algebra, State, Sums, normalise
from toybench.methods.vector_symbolic._convolution import convolve, correlate


class HRR(Sums, Algebra):
    """Commutative; not an isometry."""

    def atoms(self, key: jax.Array, count: int) -> jax.Array:
        return jax.random.normal(key, (count, self.spec.dim))

    def operators(self, key: jax.Array) -> jax.Array:
        return self.atoms(key, self.spec.keys) / self.spec.dim**0.5

    def bind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return convolve(state.keys[key], vector)

    def unbind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return correlate(state.keys[key], vector)

    def settle(self, state: State, vector: jax.Array) -> jax.Array:
        return normalise(vector)

    def numbers(self, state: State, dim: jax.Array) -> jax.Array:
        return dim

    def bits(self, state: State, dim: jax.Array, capacity: int) -> jax.Array:
        return REAL * dim
