"""Adversarial imitation with an off-policy actor and critic, the discriminator as free as it is.

**Source**: the baseline without a penalty of Blondé, Strasser and Kalousis, "Lipschitzness Is All You Need To Tame
Off-policy Generative Adversarial Imitation Learning", 2022, https://arxiv.org/abs/2006.16785; the authors' code,
`update_discriminator`, `get_syn_rew` and `update_actor_critic` in `agents/sam_agent.py` and
`tasks/train_mujoco_sam.yaml` of github.com/lionelblonde/liayn-pytorch. The idea is Ho and Ermon's, "Generative
Adversarial Imitation Learning", 2016, https://arxiv.org/abs/1606.03476 (from memory).

    D = sigmoid(f),  f descends  mean_expert CE(f, label) + mean_replay CE(f, 0),  label ~ U(0.7, 1.2)
    r(x, u) = -log(1 - D(x, u)), made anew whenever a transition is replayed;  TD3 on r

**Differs from the paper**: 1. networks of 48x48 units from normal weights, without layer normalisation; states, which
are at most 1, aren't standardised. 2. batches of 32, discount 0.95 instead of 0.99, targets that move by 0.05 an update
instead of 0.005, as there are 2000 updates: one for four transitions, where the authors make one for each. 3. actions
lie in a disc, and are made as short as 1 in the place of a tanh. 4. they are tried with white noise of 0.4 instead of
noise of the parameters and correlated noise. 5. returns of one step instead of ten. 6. neither spectral normalisation,
which is `gail_sn`, nor the entropy bonus of 0.001, nor clipped gradients of the actor. 7. no absorbing state, as
episodes have a fixed length.

**Shapes**: n pairs, m demonstrated ones.
"""

from typing import Any

import jax

from toybench.methods.adversarial_imitation._adversary import Adversary, Noise, network_score
from toybench.tasks.adversarial_imitation import Pairs, classification_loss, minimax_reward


class GAIL(Adversary):
    """Cross-entropy alone."""

    def score(self, params: Any, pairs: Pairs) -> jax.Array:
        return network_score(params, pairs)

    def reward_of(self, score: jax.Array) -> jax.Array:
        return minimax_reward(score)

    def loss(self, params: Any, demonstrated: Pairs, played: Pairs, noise: Noise) -> jax.Array:
        return classification_loss(self.score(params, demonstrated), self.score(params, played), noise["labels"])
