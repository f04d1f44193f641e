"""Diffusion in a space of functions: noise with a falling spectrum, and a network of coordinates that denoises.

**Source**: Franzese, Corallo, Rossi, Heinonen, Filippone, Michiardi, "Continuous-Time Functional Diffusion Processes",
NeurIPS 2023, https://arxiv.org/abs/2303.00800, read in the authors' code, `sdetools/heat_subvp_sde.py` (noise of
spectrum r in the basis of the heat equation) and `losses/mse_loss.py` (the network predicts the clean function, at
coordinates).

    x_t = alpha x + sigma e,    e = sqrt(2) sum_k d_k n_k sin(pi k s),    d_k^2 proportional to k^-decay
    min E |x_hat(x_t, t) - x|^2

**Differs from the paper**: 1. one rate of decay for all modes; the authors damp mode k as the heat equation does. 2.
attention over the points tells the network of the whole function, instead of three gradient steps on a coordinate
network. 3. errors
are not whitened: points at irregular times have no transform. 4. 20 deterministic steps. 5. one network both generates
and completes, as in `gp_noise_diffusion`. 6. unit mean variance over [0, 1].

**Shapes**: b functions, m times, r modes.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.diffusion import Level
from toybench.methods.process_generation._training import RATES, FunctionModel

MODES = 24  # sine modes of the noise


class FunctionalDiffusion(FunctionModel):
    """Noise with a diagonal covariance in sine modes."""

    paper = "franzese2023continuoustime"

    decay: float = 2.0  # of the noise's spectrum: variances fall as k^-decay; 1 and 3 did worse on tuning seeds

    space = {"lr": RATES}

    def root(self, moments: jax.Array) -> jax.Array:
        k = jnp.arange(1.0, MODES + 1)
        variances = k**-self.decay / (k**-self.decay).sum()
        return jnp.sqrt(2 * variances)[None, :] * jnp.sin(jnp.pi * k[None, :] * moments[:, None])

    def target(self, clean: jax.Array, noise: jax.Array) -> jax.Array:
        return clean

    def denoised(self, at: Level, x: jax.Array, predicted: jax.Array) -> jax.Array:
        return predicted
