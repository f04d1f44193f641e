"""Matrix binding of additive terms: a key is a matrix. Shapes: b vectors, d dimensions, k keys."""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._algebra import Algebra, State


class Matrices(Algebra):
    """Normal symbols; state.keys are (matrices that bind, matrices that unbind), both [k, d, d].

    A subclass gives `matrices`, and `inverses` where these aren't the transposes.
    """

    def matrices(self, key: jax.Array) -> jax.Array:
        """One matrix a key, [k, d, d]."""
        raise TypeError(f"{self.name} has no matrices; give it a method `matrices`.")

    def inverses(self, matrices: jax.Array) -> jax.Array:
        """What unbinds, [k, d, d]."""
        return matrices.swapaxes(-1, -2)

    def atoms(self, key: jax.Array, count: int) -> jax.Array:
        return jax.random.normal(key, (count, self.spec.dim))

    def operators(self, key: jax.Array) -> Any:
        matrices = self.matrices(key)
        return matrices, self.inverses(matrices)

    def bind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return apply(state.keys[0], key, vector)

    def unbind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return apply(state.keys[1], key, vector)


def apply(matrices: jax.Array, key: jax.Array, vector: jax.Array) -> jax.Array:
    """The product [b, d] of each vector [b, d] with the matrix of its key; all keys at once is one dense product."""
    every = jnp.einsum("kij,bj->bki", matrices, vector)
    return jnp.take_along_axis(every, key[:, None, None], 1)[:, 0]


def normal_matrices(key: jax.Array, count: int, dim: int) -> jax.Array:
    """Matrices [count, d, d] with entries N(0, 1/d): they keep the mean of squared norms."""
    return jax.random.normal(key, (count, dim, dim)) / dim**0.5
