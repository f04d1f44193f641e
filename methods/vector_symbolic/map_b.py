"""Multiply, add, permute, with binary sums: what is kept of a sum are its signs.

**Source**: Gayler, "Vector Symbolic Architectures Answer Jackendoff's Challenges for Cognitive Neuroscience", 2003,
https://arxiv.org/abs/cs/0412059; its capacity: Clarkson, Ubaru and Yang, "Capacity Analysis of Vector Symbolic
Architectures", 2023, https://arxiv.org/abs/2301.10352.

    S = sign(sum_i x_i)       i is a member iff <S, x_i> >= p d / 2,  p = C(n-1, floor((n-1)/2)) / 2^(n-1)
    |X and Y| = sqrt(|X| |Y|) sin(pi / 2 <S_X, S_Y> / d)        inverts the correlation of the signs of two normals

**Differs from the paper**: 1. the threshold is half of a member's exact mean, known a priori. 2. a tie gets a
sign that is random and another for every set: that of the parity of the next place's votes. One fixed random vector for
all sets would make two memories look alike. 3. the sign is taken once, at a record's root. 4. the intersection is
corrected by the arcsine law of many votes, which is biased by some 0.2 for sets of 10; the paper's estimator could not
be checked.

**Shapes**: b vectors, d dimensions, c codebooks, s sets.
"""

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._algebra import Algebra, State, agreement, lengths, prefix_inner, signs


class MapB(Algebra):
    """As map_i, with one bit a dimension in memory: about pi / 2 times the dimensions."""

    paper = "clarkson2023capacity"

    def atoms(self, key: jax.Array, count: int) -> jax.Array:
        return signs(key, (count, self.spec.dim))

    def operators(self, key: jax.Array) -> jax.Array:
        return self.atoms(key, self.spec.keys)

    def bind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return state.keys[key] * vector

    def unbind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return state.keys[key] * vector

    def settle(self, state: State, vector: jax.Array) -> jax.Array:
        votes = jnp.round(vector * self.spec.dim**0.5)  # symbols have entries +-1/sqrt(d); exact ties need integers
        return majority(votes) / self.spec.dim**0.5

    def ladder(self, state: State, items: int, reach: int) -> tuple[int, ...]:
        return tuple(range(4 * items, reach * items + 1, 4 * items))

    def store(self, state: State, members: jax.Array, capacity: int, dims: tuple[int, ...]) -> jax.Array:
        items = state.items[..., : dims[-1]]
        return majority(jnp.einsum("csn,cnd->csd", members.astype(items.dtype), items))

    def contains(self, state: State, memory: jax.Array, capacity: int, dims: tuple[int, ...]) -> jax.Array:
        return prefix_inner(memory, state.items, dims) >= 0.5 * agreement(capacity) * lengths(dims)

    def intersection(
        self, state: State, first: jax.Array, second: jax.Array, sizes: tuple[int, int], dim: int
    ) -> jax.Array:
        return (sizes[0] * sizes[1]) ** 0.5 * jnp.sin(0.5 * jnp.pi * (first * second).mean(-1))

    def numbers(self, state: State, dim: jax.Array) -> jax.Array:
        return dim

    def bits(self, state: State, dim: jax.Array, capacity: int) -> jax.Array:
        return dim


def majority(votes: jax.Array) -> jax.Array:
    """Signs of integer votes [..., d]. Ties need an even number of votes, whose half then has a random parity."""
    tie = jnp.where(jnp.roll(votes, -1, -1) % 4 == 0, 1.0, -1.0)
    return jnp.where(votes == 0, tie, jnp.sign(votes))
