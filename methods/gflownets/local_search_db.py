"""Detailed balance on objects that a local search buys: undo the end of an object and rebuild it.

**Source**: Kim, Yun, Bengio, Zhang, Bengio, Ahn and Park, "Local Search GFlowNets", 2023,
https://arxiv.org/abs/2310.02710 (LS-GFN with detailed balance as the objective), and the authors' code,
`gflownet/GFNs/basegfn.py`.

    x -> s: K edges back by P_B,   s -> y: K edges forward by P_F,   x <- y if R(y) > R(x)
    r = log F(s) + log P_F(s' | s) - log F(s') - log P_B(s | s'),   F(x) = R(x)         loss: mean of r^2

**Differs from the paper**: 1. a batch is all fresh or all rebuilt, in turn. 2. a rebuilt object's trajectory is
completed to the root by P_B. 3. P_B is uniform.

**Shapes**: t edges, b objects, s entries of a state.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.gflownets._flow import LocalSearch, mean
from toybench.tasks.gflownets import Trajectories


class LocalSearchDB(LocalSearch):
    """Detailed balance on what a local search buys."""

    paper = "kim2023local"

    def acceptance(self, gain: jax.Array, ways: jax.Array) -> jax.Array:
        return (gain > 0).astype(gain.dtype)

    def loss(self, params: Any, batch: Trajectories) -> jax.Array:
        edges = self.read(params, batch)
        flow = jnp.where(edges.ends, batch.log_reward[None, :], edges.head)
        residual = flow[:-1] + edges.log_pf - flow[1:] - edges.log_pb
        return mean(residual**2, batch.seen)
