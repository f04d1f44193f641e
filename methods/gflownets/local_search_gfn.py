"""Trajectory balance on objects that a local search buys: undo the end of an object and rebuild it.

**Source**: Kim, Yun, Bengio, Zhang, Bengio, Ahn and Park, "Local Search GFlowNets", 2023,
https://arxiv.org/abs/2310.02710 (LS-GFN; deterministic filtering, and stochastic filtering as `accept`),
and the authors' code, `gflownet/GFNs/basegfn.py`.

    x -> s: K edges back by P_B,   s -> y: K edges forward by P_F,   x <- y if R(y) > R(x)                  (greedy)
    or with probability min(1, A), sigmoid(log A),  A = R(y) P_B(s|y) P_F(x|s) / (R(x) P_B(s|x) P_F(y|s))
                                                                                     (metropolis, barker)
    r = log Z + sum_t log P_F - log R(x) - sum_t log P_B                                 loss: mean of r^2
Every rebuilt object is bought, counts as a reward call, and is learned from, accepted or not.

**Differs from the paper**: 1. a batch is all fresh or all rebuilt, in turn, where the authors rebuild a part of each
batch; the reward calls are as many. 2. a rebuilt object's trajectory is completed to the root by P_B; the authors' code
trains on the rebuilt part with the full log Z. 3. P_B is uniform.

**Shapes**: t edges, b objects, s entries of a state.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.gflownets._flow import LocalSearch
from toybench.tasks.gflownets import Trajectories


class LocalSearchGFN(LocalSearch):
    """Trajectory balance on what a local search buys; the objective, and so the law it leads to, stays."""

    accept: str = "greedy"  # which rebuilt objects replace the current ones: greedy, metropolis or barker

    paper = "kim2023local"

    def acceptance(self, gain: jax.Array, ways: jax.Array) -> jax.Array:
        if self.accept == "greedy":
            return (gain > 0).astype(gain.dtype)
        if self.accept == "metropolis":
            return jnp.exp(jnp.minimum(gain + ways, 0.0))
        if self.accept == "barker":
            return jax.nn.sigmoid(gain + ways)
        raise ValueError(f"accept takes greedy, metropolis or barker, got {self.accept!r}.")

    def loss(self, params: Any, batch: Trajectories) -> jax.Array:
        edges = self.read(params, batch)
        past = jnp.where(batch.seen, edges.log_pf - edges.log_pb, 0.0).sum(0)
        return jnp.mean((params["log_z"] + past - batch.log_reward) ** 2)
