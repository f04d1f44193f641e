"""Adversarial imitation with a reward that ends at 1, the discriminator as free as it is.

**Source**: a control for Blondé, Strasser and Kalousis, "Lipschitzness Is All You Need To Tame Off-policy Generative
Adversarial Imitation Learning", 2022, https://arxiv.org/abs/2006.16785: it bounds the reward's size in the place of its
slope.

    r(x, u) = min(-log(1 - D(x, u)), limit)

**Differs from the paper**: 1. as `gail`. 2. the limit, which the paper doesn't have: 1 is above log 2, what a
discriminator pays that can't tell, so that nearly all demonstrated pairs earn the same.

**Shapes**: n pairs, m demonstrated ones.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.adversarial_imitation._adversary import Adversary, Noise, network_score
from toybench.tasks.adversarial_imitation import Pairs, classification_loss, minimax_reward


class GAILSmallReward(Adversary):
    """Cross-entropy alone, a bounded reward."""

    limit: float = 1.0  # of the reward, above 0; the discriminator says 0.63 there

    space = {"lr": (0.006, 0.02, 0.06), "lr_reward": (0.00005, 0.0003, 0.002)}

    def score(self, params: Any, pairs: Pairs) -> jax.Array:
        return network_score(params, pairs)

    def reward_of(self, score: jax.Array) -> jax.Array:
        return jnp.minimum(minimax_reward(score), self.limit)

    def loss(self, params: Any, demonstrated: Pairs, played: Pairs, noise: Noise) -> jax.Array:
        return classification_loss(self.score(params, demonstrated), self.score(params, played), noise["labels"])
