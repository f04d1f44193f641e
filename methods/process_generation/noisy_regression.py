"""Regression of the next frame on noisy context: the noise without the diffusion.

**Source**: control; the deterministic counterpart of Valevski, Leviathan, Arar, Fruchter, "Diffusion Models Are
Real-Time Game Engines", ICLR 2025, https://arxiv.org/abs/2408.14837, section 3.2.1.

    min E |g(context + jitter n, action) - next frame|^2,    n normal, in training alone

**Differs from the paper**: 1. not in the paper. 2. the network of `noise_augmented_context`, shown a frame of zeros at
time 1; its input for the level is constant. 3. one call a frame.

**Shapes**: b moves, n games, c frames of context, f frames, p pixels.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.process_generation._training import RATES, GameModel, State, bucket, play_on
from toybench.tasks.process_generation import Moves


class NoisyRegression(GameModel):
    """The mean next frame."""

    jitter: float = 0.1  # level of the noise, of frames with unit variance; 0.05 and more than 0.1 did no better

    space = {"lr": RATES}

    def mean_frame(self, params: Any, context: jax.Array, action: jax.Array) -> jax.Array:
        """The mean next frame [n, p]."""
        told = bucket(jnp.zeros(action.shape))
        return self.speed(params, jnp.zeros_like(context[:, 0]), jnp.ones(()), context, action, told)

    def loss(self, params: Any, batch: Moves, key: jax.Array) -> jax.Array:
        context = batch.context + self.jitter * jax.random.normal(key, batch.context.shape)
        return jnp.mean((self.mean_frame(params, context, batch.action) - batch.following) ** 2)

    def play(self, state: State, key: jax.Array, context: jax.Array, actions: jax.Array) -> jax.Array:
        def following(context: jax.Array, action: jax.Array, draw: dict[str, jax.Array]) -> jax.Array:
            return self.mean_frame(state.params, context, action)

        return play_on(following, key, context, actions)
