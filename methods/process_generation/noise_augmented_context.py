"""Next-frame diffusion whose context carries noise of a level that it is told.

**Source**: Valevski, Leviathan, Arar, Fruchter, "Diffusion Models Are Real-Time Game Engines", ICLR 2025,
https://arxiv.org/abs/2408.14837, section 3.2 (velocity parameterisation, past
frames concatenated to the noised one) and 3.2.1 (noise augmentation: level uniform up to 0.7, ten buckets with an
embedding each; the level at inference is chosen).

    context + a n,    a uniform in [0, most], n normal;    bucket of a told to the network
    x_t = sin(pi t / 2) x_1 + cos(pi t / 2) x_0,    min E |v(x_t, t, context, action, bucket) - d x_t / dt|^2
    played by 4 steps of DDIM a frame, each frame into the next one's context

**Differs from the paper**: 1. a perceptron on 16 pixels instead of a pretrained network on latents. 2. four frames of
context and the last action instead of 64 of both. 3. one-hot buckets. 4. a cosine schedule. 5. no guidance.

**Shapes**: b moves, n games, c frames of context, f frames, p pixels.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.random import normals
from toybench.methods.process_generation._training import RATES, GameModel, State, bucket, play_on, times
from toybench.tasks.process_generation import Moves


class NoiseAugmentedContext(GameModel):
    """A velocity field on the next frame, under noisy frames before it."""

    paper = "valevski2024diffusion"

    most: float = 0.7  # greatest level in training, of frames with unit variance; the paper's
    inference: float = 0.0  # level while playing, 0 to `most`; the paper finds 0 enough, and 0.1 did alike

    space = {"lr": RATES}

    def loss(self, params: Any, batch: Moves, key: jax.Array) -> jax.Array:
        draw = normals(
            key, x0=batch.following.shape, t=batch.action.shape, level=batch.action.shape, n=batch.context.shape
        )
        amount = self.most * times(draw["level"])
        context = batch.context + amount.reshape(-1, 1, 1) * draw["n"]
        return self.denoising_loss(params, batch, context, bucket(amount / self.most), draw)

    def play(self, state: State, key: jax.Array, context: jax.Array, actions: jax.Array) -> jax.Array:
        def following(context: jax.Array, action: jax.Array, draw: dict[str, jax.Array]) -> jax.Array:
            told = bucket(jnp.full(action.shape, self.inference / self.most))
            noisy = context + self.inference * draw["context"]
            return self.next_frame(state.params, noisy, action, told, draw["x0"])

        return play_on(following, key, context, actions)
