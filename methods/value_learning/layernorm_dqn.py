"""Deep Q-learning with layer normalisation, on rewards that are divided by the scale of returns.

**Source**: Ba, Kiros and Hinton, "Layer Normalization", 2016, https://arxiv.org/abs/1607.06450, from memory; rewards
are scaled as in `scaled_dqn`. A control of Lee et al., "Hyperspherical Normalization for Scalable Deep Reinforcement
Learning", 2025, https://arxiv.org/abs/2502.15280: another normalisation in place of the paper's.

    h <- relu(layer_norm(W h + b)),   q = W h + b

**Differs from the paper**: 1. it is our control.

**Shapes**: b items, n observations, d numbers of an observation, a actions.
"""

from typing import Any

import flax.linen as nn
import jax

from toybench.blocks import deep_q
from toybench.methods.value_learning._scaled import ScaledLearner
from toybench.tasks import value_learning as study


class Normalised(nn.Module):
    """Two hidden layers, normalised before their nonlinearity: [n, d] to [n, a]."""

    actions: int

    @nn.compact
    def __call__(self, obs: jax.Array) -> jax.Array:
        h = nn.relu(nn.LayerNorm()(nn.Dense(study.WIDTH)(obs)))
        h = nn.relu(nn.LayerNorm()(nn.Dense(study.WIDTH)(h)))
        return nn.Dense(self.actions)(h)


class LayerNormDQN(ScaledLearner):
    """The network of `dqn`, normalised."""

    @property
    def network(self) -> nn.Module:
        return Normalised(actions=self.spec.actions)

    def q_values(self, outputs: jax.Array) -> jax.Array:
        return outputs

    def error(self, outputs: jax.Array, reward: jax.Array, going: jax.Array, ahead: jax.Array) -> jax.Array:
        return deep_q.huber(reward + going * ahead - outputs)

    def mend(self, params: Any) -> Any:
        return params
