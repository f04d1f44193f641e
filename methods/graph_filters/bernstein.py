"""Bernstein polynomials of the normalised Laplacian, with a free coefficient each.

**Source**: He, Wei, Huang and Xu, "BernNet: Learning Arbitrary Graph Spectral Filters via Bernstein Approximation",
2021, https://arxiv.org/abs/2106.10994, as Guo and Wei run it: their code `Bern` of `Regression/models.py`.

    y' = sum_k a_k binom(K, k) / 2^K (I + P)^{K - k} (I - P)^k x

**Differs from the paper**: 1. coefficients may be negative, where the authors cut them by a relu. 2. It starts at the
best constant: all coefficients alike, as the polynomials sum to 1.

**Shapes**: n nodes, k the filter's degree.
"""

import math

import jax
import jax.numpy as jnp

from toybench.methods.graph_filters._descent import FixedBasis


class Bernstein(FixedBasis):
    """Bumps along the spectrum that overlap."""

    def basis(self) -> jax.Array:
        degree = self.spec.degree
        read = self.given.propagation

        def smooth(v: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
            new = (v + read @ v) / 2
            return new, new

        _, later = jax.lax.scan(smooth, self.given.x, None, length=degree)
        powers = jnp.concatenate([self.given.x[None, :], later])  # ((I + P) / 2)^i x

        def sharpen(rows: jax.Array, at: jax.Array) -> tuple[jax.Array, None]:
            """One more factor (I - P) / 2 where a vector still lacks some."""
            lacking = (jnp.arange(degree + 1) > at)[:, None]
            return jnp.where(lacking, (rows - rows @ read) / 2, rows), None

        rows, _ = jax.lax.scan(sharpen, powers[::-1], jnp.arange(degree))
        shares = jnp.array([float(math.comb(degree, k)) for k in range(degree + 1)])
        return shares[:, None] * rows

    def identity(self) -> jax.Array:
        return jnp.ones(self.spec.degree + 1)
