"""Chebyshev polynomials of the propagation matrix, with a free coefficient each.

**Source**: baseline; Defferrard, Bresson and Vandergheynst, "Convolutional Neural Networks on Graphs with Fast
Localized Spectral Filtering", 2016, https://arxiv.org/abs/1606.09375 (from memory).

    T_0 = 1, T_1 = p, T_{k+1} = 2 p T_k - T_{k-1}        y' = sum_k a_k T_k(P) x

**Differs from the paper**: 1. one layer, one channel; P in place of the rescaled Laplacian, whose negative it is.

**Shapes**: n nodes, k the filter's degree.
"""

import jax
import jax.numpy as jnp

from toybench.methods.graph_filters._descent import FixedBasis, first, three_terms


class Chebyshev(FixedBasis):
    """Orthogonal for the weight 1 / sqrt(1 - p^2), whatever the signal."""

    def basis(self) -> jax.Array:
        weights = jnp.tile(jnp.array([[2.0, 0.0, 1.0]]), (self.spec.degree, 1)).at[0].set(jnp.array([1.0, 0.0, 0.0]))
        return three_terms(self.given, weights)

    def identity(self) -> jax.Array:
        return first(self.spec.degree)
