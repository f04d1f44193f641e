"""Next-frame diffusion whose context is jittered by noise of one level.

**Source**: control; the noise that regularises a network trained on sequences, without levels and buckets, for
Valevski, Leviathan, Arar, Fruchter, "Diffusion Models Are Real-Time Game Engines", ICLR 2025,
https://arxiv.org/abs/2408.14837, section 3.2.1.

    context + jitter n,    n normal, in training alone;    the rest as `clean_context`

**Differs from the paper**: 1. not in the paper. 2. the network of `noise_augmented_context`; its input for the level is
constant.

**Shapes**: b moves, n games, c frames of context, f frames, p pixels.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.random import normals
from toybench.methods.process_generation._training import RATES, GameModel, State, bucket, play_on
from toybench.tasks.process_generation import Moves


class JitteredContext(GameModel):
    """A velocity field on the next frame, trained under noise of one level."""

    jitter: float = 0.1  # level of the noise, of frames with unit variance; 0.05 and more than 0.1 did no better

    space = {"lr": RATES}

    def loss(self, params: Any, batch: Moves, key: jax.Array) -> jax.Array:
        draw = normals(key, x0=batch.following.shape, t=batch.action.shape, n=batch.context.shape)
        context = batch.context + self.jitter * draw["n"]
        return self.denoising_loss(params, batch, context, bucket(jnp.zeros(batch.action.shape)), draw)

    def play(self, state: State, key: jax.Array, context: jax.Array, actions: jax.Array) -> jax.Array:
        def following(context: jax.Array, action: jax.Array, draw: dict[str, jax.Array]) -> jax.Array:
            return self.next_frame(state.params, context, action, bucket(jnp.zeros(action.shape)), draw["x0"])

        return play_on(following, key, context, actions)
