"""Multiply, add, permute, with integer sums: random signs, bound by the elementwise product.

**Source**: Gayler, "Vector Symbolic Architectures Answer Jackendoff's Challenges for Cognitive Neuroscience", 2003,
https://arxiv.org/abs/cs/0412059; its capacity: Clarkson, Ubaru and Yang, "Capacity Analysis of Vector Symbolic
Architectures", 2023, https://arxiv.org/abs/2301.10352.

    bind(k, v) = k * v        unbind = bind, as k * k = 1
    S = sum_i x_i             i is a member iff <S, x_i> >= d / 2;  |X and Y| = <S_X, S_Y> / d

Another symbol's <S, x> is a sum of n d random signs: it passes d / 2 with probability exp(-d / 8n) at most (Hoeffding).

**Differs from the paper**: 1. no permutation: the study's keys are vectors.

**Shapes**: b vectors, d dimensions, k keys.
"""

import jax

from toybench.methods.vector_symbolic._algebra import Algebra, State, Sums, count_bits, normalise, signs


class MapI(Sums, Algebra):
    """Lossless, commutative binding; each key is its own inverse."""

    paper = "clarkson2023capacity"

    def atoms(self, key: jax.Array, count: int) -> jax.Array:
        return signs(key, (count, self.spec.dim))

    def operators(self, key: jax.Array) -> jax.Array:
        return self.atoms(key, self.spec.keys)

    def bind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return state.keys[key] * vector

    def unbind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return state.keys[key] * vector

    def numbers(self, state: State, dim: jax.Array) -> jax.Array:
        return dim

    def bits(self, state: State, dim: jax.Array, capacity: int) -> jax.Array:
        return count_bits(dim, capacity)

    def settle(self, state: State, vector: jax.Array) -> jax.Array:
        return normalise(vector)
