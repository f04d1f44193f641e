"""Flow matching in pixels.

**Source**: control; Lipman et al., "Flow Matching for Generative Modeling", ICLR 2023,
https://arxiv.org/abs/2210.02747, example II; what `latent_flow_matching` is without its directions.

    x_t = t x_1 + (1 - t) x_0,    min E |v(x_t, t, control) - (x_1 - x_0)|^2,    sampled by 5 steps of Euler

**Differs from the paper**: 1. the network of `latent_flow_matching`, with as many hidden units. 2. frames are scaled to
unit mean variance, as coordinates are there. 3. the least noise is 0.

**Shapes**: b windows, n sequences, f frames, p pixels, d directions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.diffusion import euler
from toybench.blocks.random import normals
from toybench.methods.process_generation._training import LOW_RATES, DrivenNetwork, State, Trained, times
from toybench.tasks.process_generation import Driven


class PixelFlowMatching(Trained):
    """A velocity field on frames."""

    width: int = 64  # units of the two hidden layers

    space = {"lr": LOW_RATES}

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
        t = times(draw["t"])
        between = t.reshape(-1, 1, 1) * x1 + (1 - t).reshape(-1, 1, 1) * draw["x0"]
        predicted = self.network.apply(params, between, t, batch.control)
        return jnp.mean((predicted - (x1 - draw["x0"])) ** 2)

    def sample(self, state: State, key: jax.Array, control: jax.Array) -> jax.Array:
        start = jax.random.normal(key, (*control.shape, self.spec.pixels))
        grid = jnp.linspace(0.0, 1.0, self.spec.calls + 1)
        path = euler(lambda x, t: self.network.apply(state.params, x, t, control), start, grid)
        return self.size() * path[-1]
