"""Jacobi polynomials of the propagation matrix, with a free coefficient each.

**Source**: Wang and Zhang, "How Powerful are Spectral Graph Neural Networks", 2022, https://arxiv.org/abs/2205.11172,
a baseline of Guo and Wei, 2023; the recurrence from memory, tested against scipy's polynomials.

    P_0 = 1, P_1 = (a - b) / 2 + (a + b + 2) / 2 p, and three terms from then on    y' = sum_k a_k P_k(P) x

**Differs from the paper**: 1. coefficients are plain parameters, not products of bounded ones. 2. It starts at the best
constant.

**Shapes**: n nodes, k the filter's degree.
"""

import jax
import jax.numpy as jnp

from toybench.methods.graph_filters._descent import FixedBasis, first, three_terms


class Jacobi(FixedBasis):
    """Orthogonal for the weight (1 - p)^a (1 + p)^b; Legendre's polynomials at a = b = 0."""

    a: float = 0.0  # exponent at the low frequencies' end, above -1; the authors try -1 to 2
    b: float = 0.0  # exponent at the high frequencies' end, above -1

    space = {
        "lr": (1.0, 0.3, 0.1, 0.03, 0.01),
        "a": (-0.9, -0.5, 0.0, 1.0, 2.0, 4.0),
        "b": (-0.5, 0.0, 1.0, 2.0, 4.0, 8.0, 16.0),
    }

    def basis(self) -> jax.Array:
        a = jnp.asarray(self.a)
        b = jnp.asarray(self.b)
        n = jnp.arange(2, self.spec.degree + 1, dtype=a.dtype)
        total = 2 * n + a + b
        scale = 2 * n * (n + a + b) * (total - 2)
        read = (total - 1) * total * (total - 2) / scale
        keep = (total - 1) * (a**2 - b**2) / scale
        drop = 2 * (n + a - 1) * (n + b - 1) * total / scale
        one = jnp.stack([(a + b + 2) / 2, (a - b) / 2, jnp.zeros_like(a)])[None, :]
        return three_terms(self.given, jnp.concatenate([one, jnp.stack([read, keep, drop], 1)]))

    def identity(self) -> jax.Array:
        return first(self.spec.degree)
