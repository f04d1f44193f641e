"""Chebyshev polynomials whose parameters are the filter's values at the Chebyshev nodes.

**Source**: He, Wei and Wen, "Convolutional Neural Networks on Graphs with Chebyshev Approximation, Revisited", 2022,
https://arxiv.org/abs/2202.03580, as Guo and Wei run it: their code `ChebII` of `Regression/models.py`.

    a_k = 2 / (K + 1) sum_j g_j T_k(p_j), half of that for k = 0    p_j = cos((j + 1/2) pi / (K + 1))
    y' = sum_k a_k T_k(P) x

**Differs from the paper**: 1. values g_j may be negative, where the authors cut them by a relu. 2. P in place of its
negative, which only renumbers the nodes. 3. It starts at the best constant: all values alike.

**Shapes**: n nodes, k the filter's degree.
"""

import jax
import jax.numpy as jnp

from toybench.methods.graph_filters._descent import FixedBasis, three_terms


class ChebyshevNodes(FixedBasis):
    """The same space, through the values that a response takes."""

    def basis(self) -> jax.Array:
        count = self.spec.degree + 1
        weights = jnp.tile(jnp.array([[2.0, 0.0, 1.0]]), (self.spec.degree, 1)).at[0].set(jnp.array([1.0, 0.0, 0.0]))
        angles = (jnp.arange(count, dtype=weights.dtype) + 0.5) * jnp.pi / count
        orders = jnp.arange(count, dtype=weights.dtype)
        values = jnp.cos(angles[:, None] * orders[None, :])  # T_k at node j
        share = jnp.full(count, 2.0 / count).at[0].set(1.0 / count)
        return (values * share[None, :]) @ three_terms(self.given, weights)

    def identity(self) -> jax.Array:
        return jnp.ones(self.spec.degree + 1)
