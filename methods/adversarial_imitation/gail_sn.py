"""Adversarial imitation whose discriminator has hidden layers of spectral norm 1.

**Source**: the spectral normalisation in the authors' code of Blondé, Strasser and Kalousis, "Lipschitzness Is All You
Need To Tame Off-policy Generative Adversarial Imitation Learning", 2022, https://arxiv.org/abs/2006.16785:
`Discriminator` in `agents/nets.py` of github.com/lionelblonde/liayn-pytorch (the last layer is left as it is). The idea
is Miyato et al.'s, "Spectral Normalization for Generative Adversarial Networks", 2018 (from memory).

    W <- W / sigma_1(W) in both hidden layers,  so that |grad f| <= |last kernel|

**Differs from the paper**: 1. as `gail`. 2. eight power iterations at every evaluation instead of one with a vector
that is kept.

**Shapes**: n pairs, m demonstrated ones.
"""

from typing import Any

import jax

from toybench.methods.adversarial_imitation._adversary import Adversary, Noise, network_score
from toybench.tasks.adversarial_imitation import Pairs, bound_layers, classification_loss, minimax_reward


class GAILSN(Adversary):
    """Cross-entropy, layers of bounded slope."""

    def score(self, params: Any, pairs: Pairs) -> jax.Array:
        return network_score(bound_layers(params), pairs)

    def reward_of(self, score: jax.Array) -> jax.Array:
        return minimax_reward(score)

    def loss(self, params: Any, demonstrated: Pairs, played: Pairs, noise: Noise) -> jax.Array:
        return classification_loss(self.score(params, demonstrated), self.score(params, played), noise["labels"])
