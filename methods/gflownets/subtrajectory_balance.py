"""Sub-trajectory balance: an equation for every part of a trajectory, weighted by its length.

**Source**: Madan, Rector-Brooks, Korablyov, Bengio, Jain, Nica, Bosc, Bengio and Malkin, "Learning GFlowNets from
partial episodes for improved convergence and stability", 2022, https://arxiv.org/abs/2209.12782 (SubTB(lambda)).

    r_ij = log F(s_i) + sum_{i<=t<j} [log P_F(s_t+1 | s_t) - log P_B(s_t | s_t+1)] - log F(s_j),   F(x) = R(x)
    loss = sum_{i<j} lambda^(j-i) r_ij^2 / sum_{i<j} lambda^(j-i),   mean over trajectories

With v_i = log F(s_i) - sum_{t<i} [log P_F - log P_B] it is r_ij = v_i - v_j.

**Differs from the paper**: 1. the backward policy is uniform, not learned. 2. width 64. 3. lambda is its default.

**Shapes**: t edges, b trajectories; i, j places on a trajectory.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.gflownets._flow import FlowNetwork
from toybench.tasks.gflownets import Trajectories


class SubtrajectoryBalance(FlowNetwork):
    """lambda to 0 is detailed balance, lambda to infinity trajectory balance with log Z = log F(root)."""

    decay: float = 0.9  # lambda, weight of a part by one edge more; the paper: 0.9 as a rule

    def loss(self, params: Any, batch: Trajectories) -> jax.Array:
        log_pf, log_pb, flow = self.along(params, batch)
        past = jnp.cumsum(jnp.where(batch.seen, log_pf - log_pb, 0.0), axis=0)
        v = flow - jnp.concatenate([jnp.zeros_like(past[:1]), past])  # [t + 1, b]
        edges, place = batch.seen.sum(0), jnp.arange(len(v))
        span = jnp.maximum(place[None, :] - place[:, None], 0).astype(jnp.float32)
        part = (place[None, :] > place[:, None])[:, :, None] & (place[None, :, None] <= edges[None, None, :])
        weight = jnp.where(part, (self.decay**span)[:, :, None], 0.0)  # [i, j, b]
        residual = v[:, None, :] - v[None, :, :]
        return jnp.mean((weight * residual**2).sum((0, 1)) / weight.sum((0, 1)))
