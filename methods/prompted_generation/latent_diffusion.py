"""Diffusion of the latents of an autoencoder.

**Source**: Rombach, Blattmann, Lorenz, Esser and Ommer, "High-Resolution Image Synthesis with Latent Diffusion Models",
2022, https://arxiv.org/abs/2112.10752 (from memory). It stands for Stable Diffusion, whose answers to shifted noise are
studied by Po-Yuan, Kotyan, Foong and Vargas, "Synthetic Shifts to Initial Seed Vector Exposes the Brittle Nature of
Latent-Based Diffusion Models", 2023, https://arxiv.org/abs/2312.11473, read in its abstract.

    z = (x - mean) V / deviations        E |noise - D(z_t, t, place, style)|^2

**Differs from the paper**: 1. the autoencoder is linear, the best of its size: principal components; each latent has
variance 1. 2. cosine levels, sampling begins as in pixel_diffusion. 3. no guidance.

**Shapes**: n scenes, m scenes of the gallery, c latents.
"""

import jax.numpy as jnp

from toybench.blocks.diffusion import Field
from toybench.methods.prompted_generation._trained import Code, TrainedPainter

LATENTS = 11  # a scene has as many degrees of freedom beside its grain
WIDTHS = (68, 68)  # 7219 parameters, as many as pixel_diffusion has


class LatentDiffusion(TrainedPainter):
    """Principal components of the gallery, each in units of its standard deviation."""

    space = {"lr": (0.0003, 0.0006, 0.00125, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08)}

    @property
    def network(self) -> Field:
        return Field(widths=WIDTHS, dims=LATENTS)

    def fit_code(self) -> Code:
        centre = self.given.mean(0)
        away = self.given - centre[None]
        variances, directions = jnp.linalg.eigh(away.T @ away / len(away))
        return Code(centre=centre, basis=directions[:, -LATENTS:], scale=jnp.sqrt(variances[-LATENTS:]))
