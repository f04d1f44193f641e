"""Diffusion of functions on a fixed grid, interpolated elsewhere.

**Source**: baseline of Franzese et al., "Continuous-Time Functional Diffusion Processes", NeurIPS 2023,
https://arxiv.org/abs/2303.00800 (networks tied to a grid); Ho, Jain, Abbeel, "Denoising Diffusion
Probabilistic Models", NeurIPS 2020, https://arxiv.org/abs/2006.11239, equation 14.

    g = x interpolated at 16 equal times,    g_t = alpha g + sigma e,    e ~ N(0, I)
    min E |g_hat(g_t, t, known values, which are known) - g|^2

**Differs from the paper**: 1. functions are seen at irregular times and interpolated linearly, there and back. 2. 20
deterministic steps. 3. known values are told at the grid times next to which one lies, in training for half of the
functions and half of the grid. 4. the network predicts the clean values, as that of `functional_diffusion` does.

**Shapes**: b functions, m times, g grid times.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtri

from toybench.blocks.diffusion import Field, interpolate, level
from toybench.blocks.random import uniforms
from toybench.methods.process_generation._training import CLIP, FIRST, RATES, State, Trained, descend_levels
from toybench.tasks.process_generation import Seen


class GridDiffusion(Trained):
    """A predictor of the clean values at the grid."""

    width: int = 96  # units of the two hidden layers

    space = {"lr": RATES}

    @property
    def network(self) -> Field:
        return Field(widths=(self.width, self.width), dims=self.spec.points)

    def example(self) -> tuple[jax.Array, ...]:
        return jnp.zeros((1, self.spec.points)), jnp.zeros(1), jnp.zeros((1, 2 * self.spec.points))

    def grid(self) -> jax.Array:
        """Equal times [g] from 0 to 1."""
        return jnp.linspace(0.0, 1.0, self.spec.points)

    def told(self, values: jax.Array, known: jax.Array) -> jax.Array:
        """The condition [n, 2 g]: values at the grid where they are known, and where they are."""
        return jnp.concatenate([jnp.where(known, values, 0.0), known.astype(values.dtype)], -1)

    def loss(self, params: Any, batch: Seen, key: jax.Array) -> jax.Array:
        values = jax.vmap(lambda x, t: jnp.interp(self.grid(), t, x))(batch.values, batch.times)
        count = values.shape[:1]
        u = uniforms(key, e=values.shape, t=count, known=values.shape, some=count)
        noise = ndtri(jnp.clip(u["e"], CLIP, 1 - CLIP))
        known = (u["known"] < 0.5) & (u["some"] < 0.5)[:, None]
        t = FIRST + (1 - FIRST) * u["t"]
        noisy = interpolate(level("cosine", t).columns(), values, noise)
        predicted = self.network.apply(params, noisy, t, self.told(values, known))
        return ((predicted - values) ** 2).mean()

    def follow(self, params: Any, key: jax.Array, told: jax.Array, times: jax.Array) -> jax.Array:
        """Functions [n, m] at the times [m], drawn at the grid under the condition [n, 2 g]."""
        start = jax.random.normal(key, (told.shape[0], self.spec.points))

        def denoise(x: jax.Array, t: jax.Array) -> jax.Array:
            return self.network.apply(params, x, t, told)

        found = descend_levels(denoise, start, "cosine", jnp.linspace(FIRST, 1.0, self.spec.calls + 1))
        return jax.vmap(lambda x: jnp.interp(times, self.grid(), x))(found)

    def generate(self, state: State, key: jax.Array, count: int, times: jax.Array) -> jax.Array:
        return self.follow(state.params, key, jnp.zeros((count, 2 * self.spec.points)), times)

    def impute(self, state: State, key: jax.Array, values: jax.Array, times: jax.Array, known: jax.Array) -> jax.Array:
        apart = jnp.where(known[None, :], jnp.abs(self.grid()[:, None] - times[None, :]), jnp.inf)  # [g, m]
        near = apart.min(-1) < 0.5 / (self.spec.points - 1)
        at_grid = values[:, apart.argmin(-1)]
        told = self.told(at_grid, jnp.broadcast_to(near[None, :], at_grid.shape))
        return jnp.where(known[None, :], values, self.follow(state.params, key, told, times))
