"""Metric residual network with a Euclidean part that isn't squared, so that it is a quasimetric.

**Source**: Liu, Feng, Liu and Stone, "Metric Residual Networks for Sample Efficient Goal-Conditioned Reinforcement
Learning", 2023, https://arxiv.org/abs/2208.08133; repaired as by Wang and Isola, 2022,
https://arxiv.org/abs/2211.15120.

    d(u, v) = sqrt(mean_i (f_i(u) - f_i(v))^2) + max_j relu(g_j(u) - g_j(v))        f, g: MLPs

**Differs from the paper**: 1. the square root. 2. predicts graph distances instead of action values. 3. f and g have
hidden width 64 instead of 176.

**Shapes**: b pairs, l latent dimensions, i = j = 16 outputs of f and of g.
"""

import jax
import jax.numpy as jnp

from toybench.methods.quasimetric._latent import length
from toybench.methods.quasimetric.mrn import MRN


class MRNFixed(MRN):
    """Guarantees a quasimetric."""

    guaranteed_quasimetric = True

    def symmetric(self, gap: jax.Array) -> jax.Array:
        return length(gap) / jnp.sqrt(1.0 * self.outputs)
