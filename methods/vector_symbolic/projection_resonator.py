"""Resonator network whose clean-up is the exact projection on the span of the codebook.

**Source**: Kent, Frady, Sommer and Olshausen, "Resonator Networks, 2: Factorization Performance and Capacity Compared
to Optimization-Based Methods", Neural Computation 32(12), 2020, https://doi.org/10.1162/neco_a_01329,
https://arxiv.org/abs/1906.11684 (ordinary least squares weights).

    x_f <- g(X_f X_f^+ (s * prod_{g != f} conj(x_g)))        X^+ = (X^H X)^-1 X^H

**Differs from the paper**: 1. factors are updated in turn. 2. guesses are decoded by the magnitude of their similarity.

**Shapes**: b products, f factors, m codewords a factor, d dimensions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._resonator import Resonator, State, as_phases


class ProjectionResonator(Resonator):
    """The least-squares clean-up."""

    def fits(self, spec: Any) -> str | None:
        return None if spec.codewords < spec.dim else "needs fewer codewords than dimensions"

    def weigh(self, state: State, similar: jax.Array, codebook: jax.Array, key: jax.Array) -> jax.Array:
        return similar @ jnp.linalg.inv(codebook @ codebook.conj().T)

    def bound(self, state: State, guess: jax.Array) -> jax.Array:
        return as_phases(state, guess)
