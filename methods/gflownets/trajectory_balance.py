"""Trajectory balance: one equation a trajectory, with a learned log Z.

**Source**: Malkin, Jain, Bengio, Sun and Bengio, "Trajectory balance: Improved credit assignment in GFlowNets", 2022,
https://arxiv.org/abs/2201.13259.

    r = log Z + sum_t log P_F(s_t+1 | s_t) - log R(x) - sum_t log P_B(s_t | s_t+1)        loss: mean of r^2

**Differs from the paper**: 1. the backward policy is uniform, not learned. 2. width 64. 3. trajectories
that are not shown to their end don't count.

**Shapes**: t edges, b trajectories.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.gflownets._flow import OnPolicy, mean
from toybench.tasks.gflownets import Trajectories, live


class TrajectoryBalance(OnPolicy):
    """Squared residual of every trajectory that is shown to its end."""

    def loss(self, params: Any, batch: Trajectories) -> jax.Array:
        edges = self.read(params, batch)
        past = jnp.where(batch.seen, edges.log_pf - edges.log_pb, 0.0).sum(0)
        whole = (batch.seen == live(self.spec.graph, batch.states)).all(0)
        return mean((params["log_z"] + past - batch.log_reward) ** 2, whole)
