"""Reward fine-tuning that trusts the model of the reward everywhere alike.

**Source**: Li and others, "ControlNet++: Improving Conditional Controls with Efficient Consistency Feedback", 2024,
https://arxiv.org/abs/2404.07987, section 3, as in the code of Ctrl-U (grenoble-zhang/Ctrl-U), `train/ctrlu-depth.py`,
without its uncertainty.

    loss = |noise_hat(x_t) - noise|^2 + weight |R(x_hat(x_t)) - c|^2 [t <= 400]

**Differs from the paper**: 1. one condition c a world; the data are the pretraining law's, not images that fulfil it.
2. the generator is a mixture, R a regression of two features. 3. no warm-up of the weight.

**Shapes**: b examples.
"""

import jax
import jax.numpy as jnp

from toybench.methods.reward_tuning._alignment import Aligner, State, denoise_once, feature_loss, rewarded_mean
from toybench.tasks.reward_tuning import Density, Examples


class UniformReward(Aligner):
    """Denoising and the model's reward."""

    space = {"lr": (0.01, 0.02, 0.04, 0.08), "weight": (3.0, 10.0, 30.0)}

    def loss(self, params: Density, batch: Examples) -> jax.Array:
        seen = denoise_once(params, self.spec, batch, batch.level)
        reward = feature_loss(self.given, seen.clean).mean(-1)
        return seen.error.mean() + self.weight * rewarded_mean(reward, batch.level)

    def uncertainty(self, state: State, x: jax.Array, noise: jax.Array, level: jax.Array) -> jax.Array:
        return jnp.zeros(len(x))
