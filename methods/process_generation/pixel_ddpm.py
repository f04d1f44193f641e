"""Denoising diffusion in pixels, sampled in few steps.

**Source**: baseline; Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020,
https://arxiv.org/abs/2006.11239, equation 14; sampled as in Song, Meng, Ermon, "Denoising Diffusion Implicit Models",
ICLR 2021, https://arxiv.org/abs/2010.02502, equation 12.

    x_t = alpha x_1 + sigma x_0,    min E |e(x_t, t, control) - x_0|^2,    sampled by 5 deterministic steps

**Differs from the paper**: 1. continuous time and a cosine schedule, which did better than linear betas. 2. the network
of `latent_flow_matching`. 3. training leaves out the first hundredth of time and sampling begins later, at a time that
is tuned: little but noise is seen there. 4. frames are scaled to unit mean variance; predictions are clipped to 3 of
these units, as the authors clip to the range of pixels.

**Shapes**: b windows, n sequences, f frames, p pixels, d directions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.diffusion import denoised_from_noise, level
from toybench.blocks.random import normals
from toybench.methods.process_generation._training import (
    FIRST,
    RANGE,
    DrivenNetwork,
    State,
    Trained,
    descend_levels,
    times,
)
from toybench.tasks.process_generation import Driven


class PixelDDPM(Trained):
    """A predictor of the noise in frames."""

    width: int = 64  # units of the two hidden layers
    start: float = 0.1  # time at which sampling begins, 0 to 1: not at 0, where all is noise

    space = {"lr": (0.008, 0.016, 0.032), "start": (0.05, 0.1)}

    @property
    def network(self) -> DrivenNetwork:
        return DrivenNetwork(widths=(self.width, self.width))

    def example(self) -> tuple[jax.Array, ...]:
        return jnp.zeros((1, self.spec.frames, self.spec.pixels)), jnp.zeros(1), jnp.zeros((1, self.spec.frames))

    def size(self) -> jax.Array:
        """Root of the mean variance of a pixel."""
        return jnp.sqrt(self.given.variances.mean())

    def loss(self, params: Any, batch: Driven, key: jax.Array) -> jax.Array:
        x1 = batch.frames / self.size()
        draw = normals(key, x0=x1.shape, t=x1.shape[:1])
        t = FIRST + (1 - FIRST) * times(draw["t"])
        at = level("cosine", t)
        noisy = at.alpha.reshape(-1, 1, 1) * x1 + at.sigma.reshape(-1, 1, 1) * draw["x0"]
        predicted = self.network.apply(params, noisy, t, batch.control)
        return jnp.mean((predicted - draw["x0"]) ** 2)

    def sample(self, state: State, key: jax.Array, control: jax.Array) -> jax.Array:
        start = jax.random.normal(key, (*control.shape, self.spec.pixels))
        grid = jnp.linspace(self.start, 1.0, self.spec.calls + 1)

        def denoise(x: jax.Array, t: jax.Array) -> jax.Array:
            noise = self.network.apply(state.params, x, t, control)
            return jnp.clip(denoised_from_noise(level("cosine", t), x, noise), -RANGE, RANGE)

        return self.size() * descend_levels(denoise, start, "cosine", grid)
