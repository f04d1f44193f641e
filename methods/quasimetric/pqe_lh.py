"""Poisson quasimetric embedding, Lebesgue measure and half-lines: a mixture of expected quasipartitions.

**Source**: Wang and Isola, "On the Learning and Learnability of Quasimetrics", 2022,
https://arxiv.org/abs/2206.15478 (PQE-LH).

    d(u, v) = sum_k a_k (1 - exp(-mean_j relu(u_kj - v_kj)))        a_k = -log_discount(sigmoid(b_k))

**Differs from the paper**: 1. small encoder and latents, on random node features.
2. b is a product of four matrices without the added bias vector.

**Shapes**: b pairs, k quasipartitions, j Poisson processes each; latents [b, k * j].
"""

import jax
import jax.numpy as jnp

from toybench.methods.quasimetric._poisson import Poisson


class PQELH(Poisson):
    """Guarantees a quasimetric."""

    paper = "wang2022learning"

    def partition(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        # Count(-inf, u) <= Count(-inf, v) has probability exp(-measure of what only u covers)
        return -jnp.expm1(-jax.nn.relu(u - v).mean(-1))
