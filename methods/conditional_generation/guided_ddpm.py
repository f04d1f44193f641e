"""Denoising diffusion with classifier-free guidance, by deterministic steps.

**Source**: Ho and Salimans, "Classifier-Free Diffusion Guidance", 2022, https://arxiv.org/abs/2207.12598 (from memory),
on Ho et al. 2020's linear schedule, sampled by Song et al. 2021, eq. 12 with eta = 0.

    loss = |n(x_t, t, c) - noise|^2        n_w = (1 - w) n(x_t, t, none) + w n(x_t, t, c)

**Differs from the paper**: 1. continuous times. 2. denoised points are clipped to [-2, 2]^2, as images are to [-1, 1].
3. with one call there is no guidance.

**Shapes**: b pairs, n points.
"""

from typing import Any

import flax.linen
import jax
import jax.numpy as jnp

from toybench.blocks.diffusion import ddim, denoised_from_noise, interpolate, level, noise_from_denoised
from toybench.methods.conditional_generation._parts import State, Trained, concatenated, forgetful, velocity
from toybench.tasks.conditional_generation import SCHEDULE, Batch, encode

DROPPED = 0.2  # share of the pairs without condition
BOX = 2.0  # no data lies outside of [-2, 2]^2, but for noise


class GuidedDDPM(Trained):
    """One network for conditional and unconditional noise; the source is the noise."""

    weight: float = 1.25  # w; 1 is no guidance

    space = {"lr": (0.016, 0.032, 0.064), "weight": (1.1, 1.25)}

    @property
    def network(self) -> flax.linen.Module:
        return concatenated(self.spec.width)

    def loss(self, params: Any, batch: Batch, key: jax.Array) -> jax.Array:
        keep = jax.random.uniform(key, batch.time.shape) >= DROPPED
        features = forgetful(keep, encode(self.spec, batch.condition))
        x = interpolate(level(SCHEDULE, batch.time).columns(), batch.target, batch.start)
        return jnp.mean((self.network.apply(params, x, batch.time, features) - batch.start) ** 2)

    def sample(self, state: State, start: jax.Array, condition: jax.Array, calls: int) -> jax.Array:
        features = encode(self.spec, condition)
        asked = velocity(self.network, state.params, features)
        unasked = velocity(self.network, state.params, 0 * features)
        weight = 1.0 if calls == 1 else self.weight

        def noise(x: jax.Array, t: jax.Array) -> jax.Array:
            at = level(SCHEDULE, t)
            guided = (1 - weight) * unasked(x, t) + weight * asked(x, t)
            return noise_from_denoised(at, x, jnp.clip(denoised_from_noise(at, x, guided), -BOX, BOX))

        steps = max(calls // 2, 1)
        return ddim(noise, start, jnp.linspace(0.0, 1.0, steps + 1), SCHEDULE)[-1]
