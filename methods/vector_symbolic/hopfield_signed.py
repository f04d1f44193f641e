"""A Hopfield network whose outer products have random signs, as the memory of a set.

**Source**: Clarkson, Ubaru and Yang, "Capacity Analysis of Vector Symbolic Architectures", 2023,
https://arxiv.org/abs/2301.10352 (their variant with signs).

    H = sum_i a_i (x_i x_i^T - 1),  a_i = +-1      i is a member iff |x_i^T H x_i| >= d (d - 1) / 2
    |X and Y| = <H_X, H_Y> / (d (d - 1))           a common symbol has the same sign in both

**Differs from the paper**: 1. a symbol's sign is fixed with its code, so that sets can be compared. 2. membership by
the energy alone; the network isn't run. 3. the paper's text could not be read: what is here follows its abstract.

**Shapes**: c codebooks, n symbols, d dimensions, s sets.
"""

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._algebra import signs
from toybench.methods.vector_symbolic._hopfield import OuterProducts


class HopfieldSigned(OuterProducts):
    """Outer products with random signs."""

    paper = "clarkson2023capacity"

    def charges(self, key: jax.Array, shape: tuple[int, int]) -> jax.Array:
        return signs(key, shape)

    def member(self, energy: jax.Array) -> jax.Array:
        return jnp.abs(energy)
