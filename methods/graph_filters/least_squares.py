"""Exact least squares for the coefficients, in one solve: the control without descent.

**Source**: the normal way to fit eleven numbers; a QR factorisation of the Chebyshev basis.

    y' = Q Q^T y,  Q R = [T_0(P) x, ..., T_k(P) x]

**Differs from the paper**: nothing; it has no paper.

**Shapes**: n nodes, k the filter's degree.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.graph_filters._descent import three_terms


class LeastSquares(Method):
    """No step at all."""

    deterministic = True

    def init(self, key: jax.Array) -> jax.Array:
        weights = jnp.tile(jnp.array([[2.0, 0.0, 1.0]]), (self.spec.degree, 1)).at[0].set(jnp.array([1.0, 0.0, 0.0]))
        vectors, _ = jnp.linalg.qr(three_terms(self.given, weights).T)
        return vectors @ (vectors.T @ self.given.y)

    def filtered(self, state: Any) -> jax.Array:
        return state
