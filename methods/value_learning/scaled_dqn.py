"""Deep Q-learning on rewards that are divided by the scale of returns: what SimbaV2 scales by, and nothing else of it.

**Source**: the reward scaling of Lee et al., "Hyperspherical Normalization for Scalable Deep Reinforcement Learning",
2025, https://arxiv.org/abs/2502.15280, authors' code `scale_rl/agents/wrappers/normalization.py`, `RewardNormalizer`;
on deep Q-learning as in `dqn`.

    r / max(deviation of G, max |G| / 5),   G <- r + discount G

**Differs from the paper**: 1. it is our control, not a method of the paper. 2. The moments of G start from nothing,
where the code starts from a variance of 1, so that powers of two cancel to the bit.

**Shapes**: b items, n observations, a actions.
"""

from typing import Any

import flax.linen as nn
import jax

from toybench.blocks import deep_q
from toybench.blocks import nn as networks
from toybench.methods.value_learning._scaled import ScaledLearner
from toybench.tasks import value_learning as study


class ScaledDQN(ScaledLearner):
    """The network of `dqn`."""

    @property
    def network(self) -> nn.Module:
        return networks.MLP((study.WIDTH, study.WIDTH, self.spec.actions))

    def q_values(self, outputs: jax.Array) -> jax.Array:
        return outputs

    def error(self, outputs: jax.Array, reward: jax.Array, going: jax.Array, ahead: jax.Array) -> jax.Array:
        return deep_q.huber(reward + going * ahead - outputs)

    def mend(self, params: Any) -> Any:
        return params
