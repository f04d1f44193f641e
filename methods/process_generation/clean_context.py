"""Next-frame diffusion on clean context.

**Source**: baseline; the ablation without noise augmentation of Valevski, Leviathan, Arar, Fruchter, "Diffusion Models
Are Real-Time Game Engines", ICLR 2025, https://arxiv.org/abs/2408.14837, section 5.2.2.

    x_t = sin(pi t / 2) x_1 + cos(pi t / 2) x_0,    min E |v(x_t, t, context, action) - d x_t / dt|^2
    played by 4 steps of DDIM a frame, each frame into the next one's context

**Differs from the paper**: as `noise_augmented_context`, whose network it is; its input for the level is constant.

**Shapes**: b moves, n games, c frames of context, f frames, p pixels.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.random import normals
from toybench.methods.process_generation._training import RATES, GameModel, State, bucket, play_on
from toybench.tasks.process_generation import Moves


class CleanContext(GameModel):
    """A velocity field on the next frame."""

    space = {"lr": RATES}

    def loss(self, params: Any, batch: Moves, key: jax.Array) -> jax.Array:
        draw = normals(key, x0=batch.following.shape, t=batch.action.shape)
        return self.denoising_loss(params, batch, batch.context, bucket(jnp.zeros(batch.action.shape)), draw)

    def play(self, state: State, key: jax.Array, context: jax.Array, actions: jax.Array) -> jax.Array:
        def following(context: jax.Array, action: jax.Array, draw: dict[str, jax.Array]) -> jax.Array:
            return self.next_frame(state.params, context, action, bucket(jnp.zeros(action.shape)), draw["x0"])

        return play_on(following, key, context, actions)
