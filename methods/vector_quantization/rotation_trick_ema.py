"""Rotation trick with running-mean codes.

**Source**: Fifty, Junkins, Duan, Iyengar, Liu, Amid, Thrun and Ré, "Restructuring Vector Quantization with the Rotation
Trick", 2024, https://arxiv.org/abs/2410.06424 (VQ-VAE with an EMA codebook).

    q~ = sg(|q|/|z| R) z  as in rotation_trick,   e_k = m_k / N_k  as in ema

**Differs from the paper**: 1. Decay and commitment weight of `ema`, its control here; the authors' 0.8 and 1. 2. MLPs
instead of convolutions; one code an example.

**Shapes**: b examples, d latent width, k codes.
"""

import jax

from toybench.methods.vector_quantization.ema import EMA
from toybench.methods.vector_quantization.rotation_trick import rotate


class RotationTrickEMA(EMA):
    """Differs from `ema` in the gradient alone."""

    paper = "fifty2024restructuring"

    def through(self, z: jax.Array, q: jax.Array) -> jax.Array:
        return rotate(z, q)
