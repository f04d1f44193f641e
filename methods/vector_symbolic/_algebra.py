"""What the study's algebras share: an item memory, keys, and sets as sums.

Shapes: c codebooks, n symbols, d dimensions, k keys, b vectors, s sets, l dimensions of a ladder.
"""

import abc
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method

REAL = 32  # bits of a real number
TINY = 1e-12  # keeps the norm of a record of 0 from being divided by


class State(NamedTuple):
    """Item memory [c, n, d] with entries of mean square 1, and keys [k, ...]."""

    items: jax.Array
    keys: Any


class Algebra(Method, abc.ABC):
    """Symbols and keys; a subclass says what they are, how a key binds, and how a record is kept."""

    @abc.abstractmethod
    def atoms(self, key: jax.Array, count: int) -> jax.Array:
        """Random vectors [count, d] whose entries have mean square 1."""

    @abc.abstractmethod
    def operators(self, key: jax.Array) -> Any:
        """What the keys [k, ...] do."""

    @abc.abstractmethod
    def bind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        """Vectors [b, d] under the keys int32 [b]."""

    @abc.abstractmethod
    def unbind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        """What lies under the keys int32 [b] in vectors [b, d]."""

    @abc.abstractmethod
    def settle(self, state: State, vector: jax.Array) -> jax.Array:
        """The form [b, d] in which a whole record is kept."""

    def init(self, key: jax.Array) -> State:
        of_items, of_keys = jax.random.split(key)
        items = self.atoms(of_items, self.spec.codebooks * self.spec.symbols)
        shape = (self.spec.codebooks, self.spec.symbols, items.shape[-1])
        return State(items=items.reshape(shape), keys=self.operators(of_keys))

    def symbols(self, state: State) -> jax.Array:
        return state.items[0] / self.spec.dim**0.5


class Sums:
    """Sets as sums of their symbols: a member's inner product is d in the mean, another symbol's 0."""

    def ladder(self, state: State, items: int, reach: int) -> tuple[int, ...]:
        return tuple(range(4 * items, reach * items + 1, 4 * items))

    def store(self, state: State, members: jax.Array, capacity: int, dims: tuple[int, ...]) -> jax.Array:
        items = state.items[..., : dims[-1]]
        return jnp.einsum("csn,cnd->csd", members.astype(items.dtype), items)

    def contains(self, state: State, memory: jax.Array, capacity: int, dims: tuple[int, ...]) -> jax.Array:
        return prefix_inner(memory, state.items, dims) >= 0.5 * lengths(dims)

    def intersection(
        self, state: State, first: jax.Array, second: jax.Array, sizes: tuple[int, int], dim: int
    ) -> jax.Array:
        return jnp.real(first * second.conj()).sum(-1) / dim


def normalise(vector: jax.Array) -> jax.Array:
    """Vectors [b, d] of norm 1."""
    norm = jnp.sqrt(jnp.sum(jnp.abs(vector) ** 2, -1, keepdims=True))
    return vector / jnp.maximum(norm, TINY).astype(vector.dtype)


def prefix_inner(a: jax.Array, b: jax.Array, dims: tuple[int, ...]) -> jax.Array:
    """Real inner products [l, c, s, n] of the first d entries of a [c, s, d] and b [c, n, d], for each d of `dims`.

    The first d coordinates of a random codebook are one of dimension d: a single pass answers the whole ladder. Its
    dimensions are multiples of the first one.
    """
    block = dims[0]
    count = len(dims)
    if dims != tuple(range(block, block * count + 1, block)):
        raise ValueError(f"A ladder of prefixes has even steps, got {dims}; give multiples of the first dimension.")
    if jnp.iscomplexobj(a):
        a = _interleave(a)
        b = _interleave(b)
        block = 2 * block
    blocks = [x[..., : block * count].reshape(*x.shape[:-1], count, block) for x in (a, b)]
    return jnp.cumsum(jnp.einsum("cslb,cnlb->lcsn", *blocks), 0)


def _interleave(x: jax.Array) -> jax.Array:
    """Complex [..., d] as float [..., 2 d], whose prefixes of even length are prefixes of x."""
    return jnp.stack([jnp.real(x), jnp.imag(x)], -1).reshape(*x.shape[:-1], -1)


def lengths(dims: tuple[int, ...]) -> jax.Array:
    """The dimensions as float [l, 1, 1, 1]."""
    return jnp.array(dims, jnp.float32).reshape(-1, 1, 1, 1)


def agreement(items: int) -> float:
    """Mean product of a sign with the majority of `items` random signs of which it is one; ties at random.

    Only the votes that the others leave undecided count: C(n-1, floor((n-1)/2)) / 2^(n-1), about sqrt(2 / (pi n)).
    """
    return math.comb(items - 1, (items - 1) // 2) / 2 ** (items - 1)


def signs(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Random signs, float32."""
    return 1.0 - 2.0 * jax.random.bernoulli(key, 0.5, shape).astype(jnp.float32)


def count_bits(numbers: jax.Array, capacity: int) -> jax.Array:
    """Bits of numbers that take capacity + 1 values."""
    return numbers * math.log2(capacity + 1)
