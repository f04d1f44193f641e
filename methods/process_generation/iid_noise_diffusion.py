"""Diffusion of functions whose noise is white: the same model without a process.

**Source**: baseline of Bilos, Rasul, Schneider, Nevmyvaka, Guennemann, "Modeling Temporal Data as Continuous Functions
with Stochastic Process Diffusion", ICML 2023, https://arxiv.org/abs/2211.02590, read in the authors' code,
`tsdiff/diffusion/noise.py`, `tsdiff/diffusion/discrete_diffusion.py` and `tsdiff/synthetic/experiment.yaml` (the
network predicts the noise of the process or, as an option that the grid has too, the white noise that it is made of).

    x_t = alpha x + sigma e,    e ~ N(0, I),    min E |e_hat(x_t, t) - e|^2

**Differs from the paper**: 1. a cosine schedule in continuous time and 20 deterministic steps instead of 100 ancestral
ones. 2. one layer of attention over the points. 3. one network both generates
and completes: in training half of the functions have about half of their values known.

**Shapes**: b functions, m times, r numbers of noise.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.diffusion import Level, denoised_from_noise
from toybench.methods.process_generation._training import RATES, FunctionModel


class IIDNoiseDiffusion(FunctionModel):
    """Noise that is independent from time to time."""

    space = {"lr": RATES}

    def root(self, moments: jax.Array) -> jax.Array:
        return jnp.eye(moments.shape[0])

    def target(self, clean: jax.Array, noise: jax.Array) -> jax.Array:
        return noise

    def denoised(self, at: Level, x: jax.Array, predicted: jax.Array) -> jax.Array:
        return denoised_from_noise(at, x, predicted)
