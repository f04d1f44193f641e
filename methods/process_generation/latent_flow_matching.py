"""Flow matching in the few directions that the motion moves in.

**Source**: Ki, Min, Chae, "FLOAT: Generative Motion Latent Flow Matching for Audio-driven Talking Portrait", ICCV
2025, https://arxiv.org/abs/2412.01064; the authors' code, `models/float/FLOAT.py` (`sample`: motion latents of a
frozen auto-encoder, Euler from normal noise, 10 points of time) and `models/float/styledecoder.py` (an orthonormal
basis). The training code is not released; the objective follows the paper's abstract and title.

    z = frames @ directions / size,    z_t = t z_1 + (1 - t) z_0
    min E |v(z_t, t, control) - (z_1 - z_0)|^2,    sampled by 5 steps of Euler, frames = size z @ directions^T

**Differs from the paper**: 1. principal directions of the frames instead of a learned auto-encoder. 2. a perceptron
that mixes frames instead of a transformer; the control scales and shifts frame by frame, as there. 3. one window, so no
frames of the window before. 4. no guidance and no term for the velocity's change over frames. 5. coordinates are scaled
to unit mean variance.

**Shapes**: b windows, n sequences, f frames, p pixels, d directions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.diffusion import euler
from toybench.blocks.random import normals
from toybench.methods.process_generation._training import DrivenNetwork, State, Trained, times
from toybench.tasks.process_generation import Driven


class LatentFlowMatching(Trained):
    """A velocity field on coordinates of the motion."""

    paper = "ki2024float"

    width: int = 64  # units of the two hidden layers
    latent: int = 4  # directions; the authors have 20

    space = {"lr": (0.003, 0.006), "latent": (2, 4, 8)}

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
        t = times(draw["t"])
        between = t.reshape(-1, 1, 1) * z1 + (1 - t).reshape(-1, 1, 1) * draw["z0"]
        predicted = self.network.apply(params, between, t, batch.control)
        return jnp.mean((predicted - (z1 - draw["z0"])) ** 2)

    def sample(self, state: State, key: jax.Array, control: jax.Array) -> jax.Array:
        start = jax.random.normal(key, (*control.shape, self.latent))
        grid = jnp.linspace(0.0, 1.0, self.spec.calls + 1)
        path = euler(lambda z, t: self.network.apply(state.params, z, t, control), start, grid)
        return self.decode(path[-1])
