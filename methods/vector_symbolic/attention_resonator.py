"""Resonator network with attention: the clean-up is a softmax over the codewords, and guesses are bounded in norm.

**Source**: Yeung, Poduval and Imani, "Self-Attention Based Semantic Decomposition in Vector Symbolic Architectures",
2024, https://arxiv.org/abs/2403.13218.

    x_f <- norm(X_f softmax(beta / sqrt(d) Re X_f^H (s * prod_{g != f} conj(x_g))))        |x_f| = sqrt(d)

The update of a Hopfield network with a log-sum-exp energy. For beta -> inf it is coordinate_search; for small beta the
codebook's mean plus beta / m of the linear clean-up.

**Differs from the paper**: 1. factors are updated in turn. 2. guesses are decoded by the magnitude of their similarity.
3. the paper could not be read beyond its abstract and introduction: its scale of beta, bound of the norm and kind of
codebook may differ.

**Shapes**: b products, f factors, m codewords a factor, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._resonator import Resonator, State, of_norm


class AttentionResonator(Resonator):
    """The softmax clean-up."""

    beta: float = 0.5  # inverse temperature, per standard deviation of a random codeword's inner product

    paper = "yeung2024selfattention"
    space = {"beta": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.5)}

    def weigh(self, state: State, similar: jax.Array, codebook: jax.Array, key: jax.Array) -> jax.Array:
        spread = self.spec.dim**0.5
        return jax.nn.softmax(self.beta / spread * jnp.real(similar), axis=-1)

    def bound(self, state: State, guess: jax.Array) -> jax.Array:
        return of_norm(guess, self.spec.dim**0.5)
