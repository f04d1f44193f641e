"""PQE-LH, a Poisson quasimetric embedding, trained without weight decay, as in the authors' example.

**Source**: Wang and Isola, "On the Learning and Learnability of Quasimetrics", 2022,
https://arxiv.org/abs/2206.15478, equations (9) and (10) and section C.4 (PQE-LH), and the authors' code,
`pqe/shapes.py` and `pqe/quasipartition_aggregators.py`.

    d(u, v) = sum_k a_k (1 - exp(-mean_j relu(u_kj - v_kj)))        a_k = -log_discount(sigmoid(b_k))

**Differs from the paper**: 1. small encoder and latents, on random node features.
2. b is a product of four matrices without the added bias vector.

**Shapes**: b pairs, k quasipartitions, j Poisson processes each; latents [b, k * j].
"""

import jax
import jax.numpy as jnp

from toybench.methods.quasimetric._embedding import MANY_RATES, LatentDistance, mix_partitions, mixture_weights


class PQEUndecayed(LatentDistance):
    """Weighted sum of expected quasipartitions, of Poisson counts on half-lines, without weight decay."""

    processes: int = 4  # j; the authors' default

    paper = "wang2022learning"
    guaranteed_quasimetric = True
    space = {"lr": MANY_RATES}

    def head(self, key: jax.Array) -> dict:
        return {"weights": mixture_weights(key, self.latent // self.processes)}

    def partition(self, u: jax.Array, v: jax.Array) -> jax.Array:
        """Expected quasipartitions of latents u, v [b, k, j]: [b, k] in [0, 1]."""
        # Count(-inf, u) <= Count(-inf, v) has probability exp(-measure of what only u covers)
        return -jnp.expm1(-jax.nn.relu(u - v).mean(-1))

    def between(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        shape = (len(u), -1, self.processes)
        return mix_partitions(head["weights"], self.partition(u.reshape(shape), v.reshape(shape)))
