"""Denoising diffusion in the few directions that the motion moves in, sampled in few steps.

**Source**: baseline; Ho, Jain, Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020,
https://arxiv.org/abs/2006.11239, equation 14; sampled as in Song, Meng, Ermon, "Denoising Diffusion Implicit Models",
ICLR 2021, https://arxiv.org/abs/2010.02502, equation 12.

    z = frames @ directions / size,    z_t = alpha z_1 + sigma z_0
    min E |e(z_t, t, control) - z_0|^2,    sampled by 5 deterministic steps, frames = size z @ directions^T

**Differs from the paper**: 1. continuous time and a cosine schedule, which did better than linear betas. 2. the network
and the directions of `latent_flow_matching`. 3. training leaves out the first hundredth of time and sampling the first
tenth, where little but noise is seen. 4. coordinates are scaled to unit mean variance; predictions are clipped to 3 of
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


class LatentDDPM(Trained):
    """A predictor of the noise in coordinates of the motion."""

    width: int = 64  # units of the two hidden layers
    latent: int = 4  # directions
    start: float = 0.1  # time at which sampling begins, 0 to 1: not at 0, where all is noise

    space = {"lr": (0.006, 0.012, 0.024), "latent": (4, 8)}

    @property
    def network(self) -> DrivenNetwork:
        return DrivenNetwork(widths=(self.width, self.width))

    def example(self) -> tuple[jax.Array, ...]:
        return jnp.zeros((1, self.spec.frames, self.latent)), jnp.zeros(1), jnp.zeros((1, self.spec.frames))

    def encode(self, frames: jax.Array) -> jax.Array:
        """Coordinates [b, f, d] of frames, of unit mean variance."""
        return frames @ self.given.vectors[:, : self.latent] / self.size()

    def decode(self, coordinates: jax.Array) -> jax.Array:
        """Frames [n, f, p] that lie in the span of the directions."""
        return self.size() * coordinates @ self.given.vectors[:, : self.latent].T

    def size(self) -> jax.Array:
        """Root of the mean variance along the directions kept."""
        return jnp.sqrt(self.given.variances[: self.latent].mean())

    def loss(self, params: Any, batch: Driven, key: jax.Array) -> jax.Array:
        z1 = self.encode(batch.frames)
        draw = normals(key, z0=z1.shape, t=z1.shape[:1])
        t = FIRST + (1 - FIRST) * times(draw["t"])
        at = level("cosine", t)
        noisy = at.alpha.reshape(-1, 1, 1) * z1 + at.sigma.reshape(-1, 1, 1) * draw["z0"]
        predicted = self.network.apply(params, noisy, t, batch.control)
        return jnp.mean((predicted - draw["z0"]) ** 2)

    def sample(self, state: State, key: jax.Array, control: jax.Array) -> jax.Array:
        start = jax.random.normal(key, (*control.shape, self.latent))
        grid = jnp.linspace(self.start, 1.0, self.spec.calls + 1)

        def denoise(z: jax.Array, t: jax.Array) -> jax.Array:
            noise = self.network.apply(state.params, z, t, control)
            return jnp.clip(denoised_from_noise(level("cosine", t), z, noise), -RANGE, RANGE)

        return self.decode(descend_levels(denoise, start, "cosine", grid))
