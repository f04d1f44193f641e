"""Sub-trajectory balance: an equation for every part of a trajectory, weighted by its length.

**Source**: Madan, Rector-Brooks, Korablyov, Bengio, Jain, Nica, Bosc, Bengio and Malkin, "Learning GFlowNets from
partial episodes for improved convergence and stability", 2022, https://arxiv.org/abs/2209.12782 (SubTB(lambda)).

    r_ij = log F(s_i) + sum_{i<=t<j} [log P_F(s_t+1 | s_t) - log P_B(s_t | s_t+1)] - log F(s_j),   F(x) = R(x)
    loss = sum_{i<j} lambda^(j-i) r_ij^2 / sum_{i<j} lambda^(j-i),   mean over trajectories

**Differs from the paper**: 1. the backward policy is uniform, not learned. 2. width 64. 3. lambda is its default.

**Shapes**: t edges, b trajectories; i, j places on a trajectory.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.gflownets._flow import OnPolicy, balance_parts
from toybench.tasks.gflownets import Trajectories


class SubtrajectoryBalance(OnPolicy):
    """Weighted squared residuals of all parts of a trajectory.

    lambda to 0 is detailed balance, lambda to infinity trajectory balance with log Z = log F(root).
    """

    decay: float = 0.9  # lambda, weight of a part by one edge more; the paper: 0.9 as a rule

    def loss(self, params: Any, batch: Trajectories) -> jax.Array:
        edges = self.read(params, batch)
        flow = jnp.where(edges.ends, batch.log_reward[None, :], edges.head)
        return balance_parts(flow, edges, batch.seen, self.decay)
