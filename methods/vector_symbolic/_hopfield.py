"""A matrix of outer products as the memory of a set.

Shapes: c codebooks, n symbols, d dimensions, s sets, l dimensions of a ladder.
"""

import abc
from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.vector_symbolic._algebra import count_bits, signs

SKETCH = 1024  # dimensions of an item memory at most


class State(NamedTuple):
    """Item memory [c, n, d] of signs, and the sign [c, n] with which each symbol's outer product enters."""

    items: jax.Array
    charge: jax.Array


class OuterProducts(Method, abc.ABC):
    """H = sum_i charge_i (x_i x_i^T - 1), of which d (d - 1) / 2 entries are independent.

    A set's H is carried as the charges [c, s, n] of its members, from which everything that is asked of it follows by
    x^T H x = sum_i charge_i (<x_i, x>^2 - d) without building a d by d matrix for every set.
    """

    @abc.abstractmethod
    def charges(self, key: jax.Array, shape: tuple[int, int]) -> jax.Array:
        """The sign of each symbol's outer product."""

    @abc.abstractmethod
    def member(self, energy: jax.Array) -> jax.Array:
        """What is compared with half of a member's mean, from x^T H x."""

    def init(self, key: jax.Array) -> State:
        of_items, of_charges = jax.random.split(key)
        shape = (self.spec.codebooks, self.spec.symbols)
        items = signs(of_items, (*shape, min(self.spec.dim, SKETCH)))
        return State(items=items, charge=self.charges(of_charges, shape))

    def ladder(self, state: State, items: int, reach: int) -> tuple[int, ...]:
        """From 6 to about 24 sqrt(n) in steps of a tenth."""
        dims = sorted({round(6 * items**0.5 * 1.1**i) for i in range(16)})
        return tuple(d for d in dims if d <= min(reach * items, SKETCH))

    def store(self, state: State, members: jax.Array, capacity: int, dims: tuple[int, ...]) -> jax.Array:
        return members.astype(jnp.float32) * state.charge[:, None, :]

    def overlaps(self, state: State, dim: jax.Array, width: int) -> jax.Array:
        """<x_i, x_j>^2 - d of the first `dim` of `width` entries, for all symbols [c, n, n]."""
        x = jnp.where((jnp.arange(width) < dim)[None, None, :], state.items[..., :width], 0.0)
        return jnp.einsum("cid,cjd->cij", x, x) ** 2 - dim.astype(jnp.float32)

    def contains(self, state: State, memory: jax.Array, capacity: int, dims: tuple[int, ...]) -> jax.Array:
        def at(dim: jax.Array) -> jax.Array:
            energy = jnp.einsum("csi,cij->csj", memory, self.overlaps(state, dim, dims[-1]))
            return self.member(energy) >= (dim * (dim - 1)).astype(jnp.float32) / 2

        return jax.lax.map(at, jnp.array(dims))

    def intersection(
        self, state: State, first: jax.Array, second: jax.Array, sizes: tuple[int, int], dim: int
    ) -> jax.Array:
        product = jnp.einsum("csi,cij,csj->cs", first, self.overlaps(state, jnp.array(dim), dim), second)
        return product / (dim * (dim - 1))

    def numbers(self, state: State, dim: jax.Array) -> jax.Array:
        return dim * (dim - 1) / 2

    def bits(self, state: State, dim: jax.Array, capacity: int) -> jax.Array:
        return count_bits(self.numbers(state, dim), capacity)
