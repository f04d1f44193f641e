"""Resonator network: each factor's guess is projected on its codebook by outer products.

**Source**: Frady, Kent, Olshausen and Sommer, "Resonator Networks, 1: An Efficient Solution for Factoring
High-Dimensional, Distributed Representations of Data Structures", Neural Computation 32(12), 2020,
https://doi.org/10.1162/neco_a_01331, https://arxiv.org/abs/2007.03748.

    x_f <- g(X_f X_f^H (s * prod_{g != f} conj(x_g)))        g: signs, or phases

**Differs from the paper**: 1. factors are updated in turn. 2. guesses are decoded by the magnitude of their similarity,
as signs (phases) of factors may be exchanged without changing the product.

**Shapes**: b products, f factors, m codewords a factor, d dimensions.
"""

import jax

from toybench.methods.vector_symbolic._resonator import Resonator, State, as_phases


class ResonatorNetwork(Resonator):
    """The linear clean-up."""

    def weigh(self, state: State, similar: jax.Array, codebook: jax.Array, key: jax.Array) -> jax.Array:
        return similar

    def bound(self, state: State, guess: jax.Array) -> jax.Array:
        return as_phases(state, guess)
