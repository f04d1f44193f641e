"""Plain search: of all products of bits, the one that agrees or disagrees most with the training set.

**Source**: none, the strongest cheap control of the parity task.

    S = argmax_S |sum_n y_n prod_{k in S} x_nk|,    f(x) = sign(...) prod_{k in S} x_k

**Differs from the paper**: nothing.

**Shapes**: n points, N = 2^d products of d bits.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.blocks import boolean


class State(NamedTuple):
    """Which bits the product has, bool [d], and its sign []."""

    held: jax.Array
    sign: jax.Array


class WalshSearch(Method):
    """One fast Walsh transform of the training set finds all sums."""

    deterministic = True

    def init(self, key: jax.Array) -> State:
        dims = self.spec.dims
        rows = jnp.where(self.given.x < 0, jnp.asarray(2 ** np.arange(dims))[None], 0).sum(1)
        spread = jnp.zeros(2**dims).at[rows].add(self.given.y)
        sums = boolean.walsh_transform(spread)
        best = jnp.argmax(jnp.abs(sums))
        return State(held=jnp.asarray(boolean.bits(dims))[best], sign=jnp.sign(sums[best]))

    def margin(self, state: State, x: jax.Array) -> jax.Array:
        return state.sign * jnp.where(state.held[None], x, 1.0).prod(1)
