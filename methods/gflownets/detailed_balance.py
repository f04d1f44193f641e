"""Detailed balance: one equation an edge, with a learned flow of every state.

**Source**: Bengio, Lahlou, Deleu, Hu, Tiwari and Bengio, "GFlowNet foundations", 2021, https://arxiv.org/abs/2111.09266.

    r = log F(s) + log P_F(s' | s) - log F(s') - log P_B(s | s'),   F(x) = R(x) at a complete x      loss: mean of r^2

**Differs from the paper**: 1. the backward policy is uniform, not learned. 2. width 64.

**Shapes**: t edges, b trajectories.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.gflownets._flow import OnPolicy, mean
from toybench.tasks.gflownets import Trajectories


class DetailedBalance(OnPolicy):
    """Squared residual of every edge; the reward reaches the first ones through all that follow."""

    def loss(self, params: Any, batch: Trajectories) -> jax.Array:
        edges = self.read(params, batch)
        flow = jnp.where(edges.ends, batch.log_reward[None, :], edges.head)
        residual = flow[:-1] + edges.log_pf - flow[1:] - edges.log_pb
        return mean(residual**2, batch.seen)
