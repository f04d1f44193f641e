"""Trajectory balance: one equation a trajectory, with a learned log Z.

**Source**: Malkin, Jain, Bengio, Sun and Bengio, "Trajectory balance: Improved credit assignment in GFlowNets", 2022,
https://arxiv.org/abs/2201.13259.

    r = log Z + sum_t log P_F(s_t+1 | s_t) - log R(x) - sum_t log P_B(s_t | s_t+1)        loss: mean of r^2

**Differs from the paper**: 1. the backward policy is uniform, not learned. 2. width 64.

**Shapes**: t edges, b trajectories.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.gflownets._flow import FlowNetwork
from toybench.tasks.gflownets import Spec, Trajectories


class TrajectoryBalance(FlowNetwork):
    """Needs complete trajectories."""

    def fits(self, spec: Spec) -> str | None:
        return None if spec.complete else "trajectory balance needs trajectories that are shown to their end"

    def residual(self, params: Any, batch: Trajectories) -> jax.Array:
        """[b]"""
        log_pf, log_pb, _ = self.along(params, batch)
        return params["log_z"] + jnp.where(batch.seen, log_pf - log_pb, 0.0).sum(0) - batch.log_reward

    def loss(self, params: Any, batch: Trajectories) -> jax.Array:
        return jnp.mean(self.residual(params, batch) ** 2)
