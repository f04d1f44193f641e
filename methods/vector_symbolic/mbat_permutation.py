"""Matrix binding of additive terms with random permutations as the matrices.

**Source**: Kanerva, "Hyperdimensional Computing: An Introduction to Computing in Distributed Representation with
High-Dimensional Random Vectors", Cognitive Computation 1(2), 2009, https://doi.org/10.1007/s12559-009-9009-8
(permutation as a binding).

    bind(k, v)_i = v_{pi_k(i)}        unbind applies the inverse permutation

The cheapest orthogonal matrices: d integers a key instead of d^2 numbers.

**Differs from the paper**: 1. every key has a permutation of its own.

**Shapes**: b vectors, d dimensions, k keys.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._algebra import Algebra, State, normalise


class MBATPermutation(Algebra):
    """An isometry that doesn't commute; state.keys are (permutations, their inverses), both int32 [k, d]."""

    def atoms(self, key: jax.Array, count: int) -> jax.Array:
        return jax.random.normal(key, (count, self.spec.dim))

    def operators(self, key: jax.Array) -> Any:
        order = jnp.argsort(jax.random.uniform(key, (self.spec.keys, self.spec.dim)), -1)
        return order, jnp.argsort(order, -1)

    def bind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return jnp.take_along_axis(vector, state.keys[0][key], -1)

    def unbind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return jnp.take_along_axis(vector, state.keys[1][key], -1)

    def settle(self, state: State, vector: jax.Array) -> jax.Array:
        return normalise(vector)
