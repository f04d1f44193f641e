"""Coordinate search: each factor becomes the one codeword that fits the others' guesses best.

**Source**: none; the limit of attention_resonator for beta -> inf.

    x_f <- the codeword of X_f with the greatest Re <x, s * prod_{g != f} conj(x_g)>

**Differs from the paper**: nothing.

**Shapes**: b products, f factors, m codewords a factor, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._resonator import Resonator, State, of_norm


class CoordinateSearch(Resonator):
    """The winner takes all; it starts like attention_resonator, from the mean of the codebook."""

    def weigh(self, state: State, similar: jax.Array, codebook: jax.Array, key: jax.Array) -> jax.Array:
        return jax.nn.one_hot(jnp.argmax(jnp.real(similar), -1), similar.shape[-1])

    def bound(self, state: State, guess: jax.Array) -> jax.Array:
        return of_norm(guess, self.spec.dim**0.5)
