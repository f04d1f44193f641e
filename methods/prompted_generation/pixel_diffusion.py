"""Diffusion of the pixels themselves.

**Source**: Ho, Jain and Abbeel, "Denoising Diffusion Probabilistic Models", 2020, https://arxiv.org/abs/2006.11239,
with the deterministic steps of Song, Meng and Ermon 2021 (from memory). It stands for GLIDE.

    E |noise - D(x_t, t, place, style)|^2

**Differs from the paper**: 1. cosine levels; sampling begins where 0.6 % of the variance is the data's, as in
Stable Diffusion. 2. no cascade, no guidance.

**Shapes**: n scenes, m scenes of the gallery.
"""

import jax.numpy as jnp

from toybench.blocks.diffusion import Field
from toybench.methods.prompted_generation._trained import Code, TrainedPainter
from toybench.tasks.prompted_generation import DIMS

WIDTHS = (64, 64)  # 7184 parameters


class PixelDiffusion(TrainedPainter):
    """Pixels about their mean, in units of their common standard deviation."""

    space = {"lr": (0.0003, 0.0006, 0.00125, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08)}

    @property
    def network(self) -> Field:
        return Field(widths=WIDTHS, dims=DIMS)

    def fit_code(self) -> Code:
        centre = self.given.mean(0)
        spread = jnp.sqrt(((self.given - centre[None]) ** 2).mean())
        return Code(centre=centre, basis=jnp.eye(DIMS), scale=jnp.full(DIMS, spread))
