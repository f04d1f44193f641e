"""Metric residual network with a Euclidean part that isn't squared, so that it is a quasimetric.

**Source**: Liu, Feng, Liu and Stone, "Metric Residual Networks for Sample Efficient Goal-Conditioned Reinforcement
Learning", 2023, https://arxiv.org/abs/2208.08133; repaired as by Wang and Isola, 2022,
https://arxiv.org/abs/2211.15120, section C.2 (`MRNFixed` in `torchqmet/mrn.py` of torch-quasimetric).

    d(u, v) = sqrt(mean_i (f_i(u) - f_i(v))^2) + max_j relu(g_j(u) - g_j(v))        f, g: MLPs

**Differs from the paper**: 1. the square root. 2. predicts graph distances instead of action values. 3. f and g have
hidden width 64 instead of 176.

**Shapes**: b pairs, l latent dimensions, i = j = 16 outputs of f and of g.
"""

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.quasimetric._embedding import DECAYS, Encoder, LatentDistance, greatest, length


class MRNFixed(LatentDistance):
    """Euclidean part, not squared, and the greatest of asymmetric residuals."""

    outputs: int = 16  # of f and of g; the authors' value

    guaranteed_quasimetric = True
    space = {"lr": (0.003, 0.01, 0.03, 0.1), "decay": DECAYS}

    @property
    def projections(self) -> Encoder:
        """f and g, as one module."""
        return Encoder(widths=(self.hidden, self.outputs), separate=True)

    def head(self, key: jax.Array) -> dict:
        return nn.init(self.projections, key, jnp.zeros((1, self.latent)))

    def between(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        f_u, g_u = self.projections.apply(head, u)
        f_v, g_v = self.projections.apply(head, v)
        return length(f_u - f_v) / self.outputs**0.5 + jax.nn.relu(greatest(g_u - g_v))
