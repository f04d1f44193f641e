"""Adversarial imitation with a gradient penalty and hidden layers of spectral norm 1, as its authors run it.

**Source**: Blondé, Strasser and Kalousis, "Lipschitzness Is All You Need To Tame Off-policy Generative Adversarial
Imitation Learning", 2022, https://arxiv.org/abs/2006.16785; the authors' configuration
`tasks/train_mujoco_sam.yaml` (`grad_pen` and `spectral_norm`) with `grad_pen` in `agents/sam_agent.py` and
`Discriminator` in `agents/nets.py` of github.com/lionelblonde/liayn-pytorch.

    W <- W / sigma_1(W);  f descends  cross-entropy + weight * mean max(0, |grad f| - target)^2

**Differs from the paper**: 1. as `gail_gp` and `gail_sn`.

**Shapes**: n pairs, m demonstrated ones.
"""

from typing import Any

import jax

from toybench.methods.adversarial_imitation._adversary import Adversary, Noise, network_score
from toybench.tasks.adversarial_imitation import (
    Pairs,
    bound_layers,
    classification_loss,
    interpolates,
    minimax_reward,
    steepness_penalty,
)


class GAILGPSN(Adversary):
    """Cross-entropy and a one-sided gradient penalty, layers of bounded slope."""

    weight: float = 10.0  # of the penalty, 0 or more; the authors' value
    target: float = 1.0  # length of a gradient that costs nothing; the authors' value

    paper = "blonde2020lipschitzness"
    space = {"lr": (0.006, 0.02, 0.06), "lr_reward": (0.0002, 0.001, 0.005)}

    def score(self, params: Any, pairs: Pairs) -> jax.Array:
        return network_score(bound_layers(params), pairs)

    def reward_of(self, score: jax.Array) -> jax.Array:
        return minimax_reward(score)

    def loss(self, params: Any, demonstrated: Pairs, played: Pairs, noise: Noise) -> jax.Array:
        between = interpolates(demonstrated, played, noise["x"], noise["u"])
        penalty = steepness_penalty(lambda pairs: self.score(params, pairs), between, self.target)
        entropy = classification_loss(self.score(params, demonstrated), self.score(params, played), noise["labels"])
        return entropy + self.weight * penalty
