"""Detailed balance: one equation an edge, with a learned flow of every state.

**Source**: Bengio, Lahlou, Deleu, Hu, Tiwari and Bengio, "GFlowNet foundations", 2021, https://arxiv.org/abs/2111.09266.

    r = log F(s) + log P_F(s' | s) - log F(s') - log P_B(s | s'),   F(x) = R(x) at a complete x      loss: mean of r^2

**Differs from the paper**: 1. the backward policy is uniform, not learned. 2. width 64.

**Shapes**: t edges, b trajectories.
"""

from typing import Any

import jax

from toybench.methods.gflownets._flow import FlowNetwork, mean
from toybench.tasks.gflownets import Trajectories


class DetailedBalance(FlowNetwork):
    """Learns from any edges, but the reward reaches the first ones through all that follow."""

    def residual(self, params: Any, batch: Trajectories) -> jax.Array:
        """[t, b]"""
        log_pf, log_pb, flow = self.along(params, batch)
        return flow[:-1] + log_pf - flow[1:] - log_pb

    def loss(self, params: Any, batch: Trajectories) -> jax.Array:
        return mean(self.residual(params, batch) ** 2, batch.seen)
