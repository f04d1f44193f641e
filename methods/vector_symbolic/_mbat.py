"""Matrix binding of additive terms: a key is a matrix. Shapes: b vectors, d dimensions, k keys."""

import abc
from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._algebra import Algebra, State, normalise


class Keys(NamedTuple):
    """Matrices that bind and matrices that unbind, both [k, d, d]."""

    bind: jax.Array
    unbind: jax.Array


class Matrices(Algebra):
    """Normal symbols and a matrix a key; a subclass gives the matrices, and those that unbind."""

    @abc.abstractmethod
    def operators(self, key: jax.Array) -> Keys:
        """What the keys do."""

    def atoms(self, key: jax.Array, count: int) -> jax.Array:
        return jax.random.normal(key, (count, self.spec.dim))

    def bind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return apply(state.keys.bind, key, vector)

    def unbind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return apply(state.keys.unbind, key, vector)

    def settle(self, state: State, vector: jax.Array) -> jax.Array:
        return normalise(vector)


def apply(matrices: jax.Array, key: jax.Array, vector: jax.Array) -> jax.Array:
    """The product [b, d] of each vector [b, d] with the matrix of its key; all keys at once is one dense product."""
    every = jnp.einsum("kij,bj->bki", matrices, vector)
    return jnp.take_along_axis(every, key[:, None, None], 1)[:, 0]


def normal_matrices(key: jax.Array, count: int, dim: int) -> jax.Array:
    """Matrices [count, d, d] with entries N(0, 1/d): they keep the mean of squared norms."""
    return jax.random.normal(key, (count, dim, dim)) / dim**0.5
