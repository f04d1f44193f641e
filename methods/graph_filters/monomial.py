"""Powers of the propagation matrix, with a free coefficient each.

**Source**: baseline of Guo and Wei, 2023, https://arxiv.org/abs/2302.12432, in their code `Monomial` of
`Regression/models.py`; Chien, Peng, Li and Milenkovic, "Adaptive Universal Generalized PageRank Graph Neural Network",
2021, https://arxiv.org/abs/2006.07988.

    y' = sum_k a_k P^k x

**Differs from the paper**: 1. one channel, no weight decay. 2. It starts at the best constant.

**Shapes**: n nodes, k the filter's degree.
"""

import jax
import jax.numpy as jnp

from toybench.methods.graph_filters._descent import FixedBasis, first, three_terms


class Monomial(FixedBasis):
    """Vectors that soon point the same way."""

    def basis(self) -> jax.Array:
        weights = jnp.tile(jnp.array([[1.0, 0.0, 0.0]]), (self.spec.degree, 1))
        return three_terms(self.given, weights)

    def identity(self) -> jax.Array:
        return first(self.spec.degree)
