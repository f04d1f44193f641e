"""Metric residual network, as published: a squared Euclidean part and an asymmetric residual.

**Source**: Liu, Feng, Liu and Stone, "Metric Residual Networks for Sample Efficient Goal-Conditioned Reinforcement
Learning", 2023, https://arxiv.org/abs/2208.08133, and the authors' code.

    d(u, v) = mean_i (f_i(u) - f_i(v))^2 + max_j relu(g_j(u) - g_j(v))        f, g: MLPs

**Differs from the paper**: 1. predicts graph distances instead of action values. 2. f and g have hidden width 64
instead of 176.

**Shapes**: b pairs, l latent dimensions, i = j = 16 outputs of f and of g.
"""

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.quasimetric._latent import LatentDistance, Twin


class MRN(LatentDistance):
    """The squared part breaks the triangle inequality."""

    outputs: int = 16  # of f and of g; the authors' value

    @property
    def network(self) -> Twin:
        return Twin((self.hidden, self.outputs))

    def head(self, key: jax.Array) -> dict:
        return nn.init(self.network, key, jnp.zeros((1, self.latent)))

    def between(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        (f_u, g_u), (f_v, g_v) = self.network.apply(head, u), self.network.apply(head, v)
        return self.symmetric(f_u - f_v) + jax.nn.relu((g_u - g_v).max(-1))

    def symmetric(self, gap: jax.Array) -> jax.Array:
        """The metric part from the difference of projections [b, i]: [b]."""
        return jnp.mean(gap**2, axis=-1)
