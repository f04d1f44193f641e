"""Sparse binary codes by hashing, and membership in their superposition.

Shapes: c codebooks, n symbols, h hashes, s sets, d dimensions, l dimensions of a ladder.
"""

import abc
import math

import jax
import jax.numpy as jnp

from toybench import Method


class Hashed(Method, abc.ABC):
    """A symbol's code has ones at its first k hashes; state is the hashes [c, n, h], uniform in [0, 1)."""

    most: int = 24  # hashes a symbol at most

    def init(self, key: jax.Array) -> jax.Array:
        return jax.random.uniform(key, (self.spec.codebooks, self.spec.symbols, self.most))

    def ladder(self, state: jax.Array, items: int, reach: int) -> tuple[int, ...]:
        return tuple(round(items * ratio) for ratio in range(8, min(31, reach + 1), 2))

    def hashes(self, capacity: int, dim: int) -> int:
        """k = d ln 2 / n: half of the memory's bits are one when it is full."""
        return min(self.most, max(1, round(dim * math.log(2) / capacity)))

    def codes(self, state: jax.Array, dim: jax.Array, hashes: jax.Array, width: int) -> jax.Array:
        """Codes [c, n, width] of zeros and ones, within the first `dim` places; two hashes of a symbol may meet."""
        place = jnp.minimum((state * dim.astype(jnp.float32)).astype(jnp.int32), dim - 1)
        c, n, h = place.shape
        used = jnp.broadcast_to((jnp.arange(h) < hashes).astype(jnp.float32), place.shape)
        at = (jnp.arange(c)[:, None, None], jnp.arange(n)[None, :, None], place)
        return jnp.zeros((c, n, width)).at[at].max(used)

    @abc.abstractmethod
    def superpose(self, counts: jax.Array) -> jax.Array:
        """What is kept of the number [c, s, d] of codes that have a one at each place."""

    def layout(self, capacity: int, dims: tuple[int, ...]) -> tuple[jax.Array, jax.Array]:
        """The dimensions and their numbers of hashes, both int32 [l]."""
        return jnp.array(dims), jnp.array([self.hashes(capacity, d) for d in dims])

    def store(self, state: jax.Array, members: jax.Array, capacity: int, dims: tuple[int, ...]) -> jax.Array:
        marked = members.astype(jnp.float32)

        def at(size: tuple[jax.Array, jax.Array]) -> jax.Array:
            return self.superpose(jnp.einsum("csn,cnd->csd", marked, self.codes(state, *size, dims[-1])))

        return jax.lax.map(at, self.layout(capacity, dims))  # [l, c, s, d], places beyond a dimension are 0

    def contains(self, state: jax.Array, memory: jax.Array, capacity: int, dims: tuple[int, ...]) -> jax.Array:
        def at(x: tuple) -> jax.Array:
            (dim, hashes), kept = x
            codes = self.codes(state, dim, hashes, dims[-1])
            covered = jnp.einsum("csd,cnd->csn", (kept > 0).astype(jnp.float32), codes)
            return covered == codes.sum(-1)[:, None, :]  # every one of the code

        return jax.lax.map(at, (self.layout(capacity, dims), memory))

    def numbers(self, state: jax.Array, dim: jax.Array) -> jax.Array:
        return dim
