"""Diffusion of functions whose noise is an Ornstein-Uhlenbeck process.

**Source**: Bilos, Rasul, Schneider, Nevmyvaka, Guennemann, "Modeling Temporal Data as Continuous Functions with
Stochastic Process Diffusion", ICML 2023, https://arxiv.org/abs/2211.02590, read in the authors' code,
`tsdiff/diffusion/noise.py`, `tsdiff/diffusion/discrete_diffusion.py` and `tsdiff/synthetic/experiment.yaml` (the
network predicts the noise of the process or, as an option that the grid has too, the white noise that it is made of).

    x_t = alpha x + sigma e,    e ~ N(0, K),    K = exp(-rate |s - s'|)
    min E |e_hat(x_t, t) - e|^2

**Differs from the paper**: 1. a cosine schedule in continuous time and 20 deterministic steps instead of 100 ancestral
ones. 2. one layer of attention over the points. 3. one network both generates
and completes: in training half of the functions have about half of their values known.

**Shapes**: b functions, m times, r numbers of noise.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.diffusion import Level, denoised_from_noise
from toybench.methods.process_generation._training import RATES, FunctionModel

JITTER = 1e-4  # white part of the noise: two times may be almost the same


class OUNoiseDiffusion(FunctionModel):
    """Noise that is continuous in time, and rough."""

    paper = "bilos2022modeling"

    rate: float = 4.0  # at which the noise forgets, above 0; 1 and 16 did worse on tuning seeds

    space = {"lr": RATES}

    def root(self, moments: jax.Array) -> jax.Array:
        apart = jnp.abs(moments[:, None] - moments[None, :])
        return jnp.linalg.cholesky(jnp.exp(-self.rate * apart) + JITTER * jnp.eye(moments.shape[0]))

    def target(self, clean: jax.Array, noise: jax.Array) -> jax.Array:
        return noise

    def denoised(self, at: Level, x: jax.Array, predicted: jax.Array) -> jax.Array:
        return denoised_from_noise(at, x, predicted)
