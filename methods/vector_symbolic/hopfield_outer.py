"""A Hopfield network as the memory of a set: the sum of the symbols' outer products.

**Source**: Clarkson, Ubaru and Yang, "Capacity Analysis of Vector Symbolic Architectures", 2023,
https://arxiv.org/abs/2301.10352; the network: Hopfield, "Neural Networks and Physical Systems with Emergent Collective
Computational Abilities", PNAS 79(8), 1982, https://doi.org/10.1073/pnas.79.8.2554.

    H = sum_i x_i x_i^T - n 1      i is a member iff x_i^T H x_i >= d (d - 1) / 2
    |X and Y| = <H_X, H_Y> / (d (d - 1))

A member's energy is d (d - 1) in the mean, another symbol's 0 with variance 2 n d (d - 1).

**Differs from the paper**: 1. membership by the energy alone; the network isn't run. 2. the paper's estimator
and constants could not be checked.

**Shapes**: c codebooks, n symbols, d dimensions, s sets.
"""

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._hopfield import OuterProducts


class HopfieldOuter(OuterProducts):
    """Every outer product with the same sign."""

    def charges(self, key: jax.Array, shape: tuple[int, int]) -> jax.Array:
        return jnp.ones(shape)

    def member(self, energy: jax.Array) -> jax.Array:
        return energy
