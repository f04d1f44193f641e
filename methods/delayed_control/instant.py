"""A deep network that takes no time: its control answers to the observation of the same step. A reference.

**Source**: the undelayed agent of Anokhin et al., "Handling Delay in Real-Time Reinforcement Learning", 2025,
https://arxiv.org/abs/2503.23478 (authors' code, `nets/ppo_nets.py`, `AgentSeparateActorCritic`).

**Differs from the paper**: as for `pipeline`.

**Shapes**: n runs, o numbers of an observation.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.nn import MLP
from toybench.methods.delayed_control._layers import WIDTH, Trained

HIDDEN = 3  # hidden layers; with the last one there are four


class Instant(Trained):
    """What delay costs is seen against this."""

    def network(self) -> nn.Module:
        return MLP(widths=(*(WIDTH,) * HIDDEN, 1))

    def inputs(self) -> tuple[jax.Array, ...]:
        return (jnp.zeros((1, self.spec.observed)),)

    def blank(self, count: int) -> Any:
        return ()

    def respond(self, params: Any, carry: Any, obs: jax.Array) -> tuple[Any, jax.Array]:
        return carry, jnp.tanh(self.network().apply(params, obs)[:, 0])
