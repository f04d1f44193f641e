"""Vector-derived transformation binding: a key vector, folded into a small square matrix, acts on every block.

**Source**: Gosmann and Eliasmith, "Vector-Derived Transformation Binding: An Improved Binding Operation for Deep
Symbol-Like Processing in Neural Networks", Neural Computation 31(5), 2019, https://doi.org/10.1162/neco_a_01179.

    bind(k, v) = [V v_1; ..; V v_r]        V = d^(1/4) fold(k),  r = sqrt(d) blocks of length r,  k_j ~ N(0, 1/d)
    unbind uses V^T, the approximate inverse

V is a normal matrix with entries of variance 1 / r: mbat_gaussian in r dimensions, r times over.

**Differs from the paper**: 1. sums aren't normalised inside a record.

**Shapes**: b vectors, d = r * r dimensions, k keys.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._algebra import Algebra, State, normalise


class VTB(Algebra):
    """Not commutative; not an isometry."""

    def fits(self, spec: Any) -> str | None:
        return None if math.isqrt(spec.dim) ** 2 == spec.dim else "folds a vector into a square matrix"

    def atoms(self, key: jax.Array, count: int) -> jax.Array:
        return jax.random.normal(key, (count, self.spec.dim))

    def operators(self, key: jax.Array) -> jax.Array:
        side = math.isqrt(self.spec.dim)
        return (self.atoms(key, self.spec.keys) / side**0.5).reshape(-1, side, side)

    def bind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        side = state.keys.shape[-1]
        return jnp.einsum("bij,brj->bri", state.keys[key], vector.reshape(-1, side, side)).reshape(vector.shape)

    def unbind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        side = state.keys.shape[-1]
        return jnp.einsum("bji,brj->bri", state.keys[key], vector.reshape(-1, side, side)).reshape(vector.shape)

    def settle(self, state: State, vector: jax.Array) -> jax.Array:
        return normalise(vector)
