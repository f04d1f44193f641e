"""Binary spatter code: random bits, bound by exclusive or, superposed by the majority.

**Source**: Kanerva, "Binary Spatter-Coding of Ordered K-Tuples", ICANN 1996,
https://doi.org/10.1007/3-540-61510-5_146.

    bind(k, v) = k xor v       unbind = bind
    S = majority(x_1 .. x_n)   i is a member iff hamming(S, x_i) <= d (1 - p / 2) / 2,  p as for map_b

With bits read as signs, 0 as 1 and 1 as -1, this is map_b: the same answers from the same randomness.

**Differs from the paper**: 1. the majority is taken once, at a record's root; inside, a vector is a tally of votes,
ones against zeros, whose sign a key's one flips. 2. ties as for map_b.

**Shapes**: b vectors, d dimensions, c codebooks, s sets, l dimensions of a ladder.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.vector_symbolic._algebra import State, agreement, lengths, prefix_inner


class BinarySpatter(Method):
    """Lossless, commutative binding of bits; state.items and state.keys are 0 or 1."""

    def init(self, key: jax.Array) -> State:
        of_items, of_keys = jax.random.split(key)
        shape = (self.spec.codebooks, self.spec.symbols, self.spec.dim)
        items = jax.random.bernoulli(of_items, 0.5, (shape[0] * shape[1], self.spec.dim))
        keys = jax.random.bernoulli(of_keys, 0.5, (self.spec.keys, self.spec.dim))
        return State(items=items.astype(jnp.float32).reshape(shape), keys=keys.astype(jnp.float32))

    def symbols(self, state: State) -> jax.Array:
        return (1.0 - 2.0 * state.items[0]) / self.spec.dim**0.5  # a tally of one vote: for zero 1, for one -1

    def bind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return jnp.where(state.keys[key] == 1, -vector, vector)

    def unbind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return jnp.where(state.keys[key] == 1, -vector, vector)

    def settle(self, state: State, vector: jax.Array) -> jax.Array:
        ones = outvote(-jnp.round(vector * self.spec.dim**0.5))
        return (1.0 - 2.0 * ones) / self.spec.dim**0.5

    def ladder(self, state: State, items: int, reach: int) -> tuple[int, ...]:
        return tuple(range(4 * items, reach * items + 1, 4 * items))

    def store(self, state: State, members: jax.Array, capacity: int, dims: tuple[int, ...]) -> jax.Array:
        marked = members.astype(jnp.float32)
        ones = jnp.einsum("csn,cnd->csd", marked, state.items[..., : dims[-1]])
        return outvote(2 * ones - marked.sum(-1, keepdims=True))

    def contains(self, state: State, memory: jax.Array, capacity: int, dims: tuple[int, ...]) -> jax.Array:
        everywhere = jnp.ones_like(memory[:, :1])
        hamming = prefix_inner(memory, 1.0 - 2.0 * state.items, dims) + prefix_inner(everywhere, state.items, dims)
        return hamming <= 0.5 * (1 - 0.5 * agreement(capacity)) * lengths(dims)

    def intersection(
        self, state: State, first: jax.Array, second: jax.Array, sizes: tuple[int, int], dim: int
    ) -> jax.Array:
        differ = jnp.mean((first != second).astype(jnp.float32), -1)
        return (sizes[0] * sizes[1]) ** 0.5 * jnp.sin(0.5 * jnp.pi * (1 - 2 * differ))

    def numbers(self, state: State, dim: jax.Array) -> jax.Array:
        return dim

    def bits(self, state: State, dim: jax.Array, capacity: int) -> jax.Array:
        return dim


def outvote(lead: jax.Array) -> jax.Array:
    """Bits [..., d] by the lead of the ones over the zeros."""
    return jnp.where(lead == 0, jnp.roll(lead, -1, -1) % 4 != 0, lead > 0).astype(jnp.float32)
