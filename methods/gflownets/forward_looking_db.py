"""Forward-looking detailed balance: the network learns what a state's flow is beyond its energy so far.

**Source**: Pan, Malkin, Zhang and Bengio, "Better Training of GFlowNets with Local Credit and Incomplete Trajectories",
2023, https://arxiv.org/abs/2302.01687 (FL-DB), and the authors' code, `set/gflownet.py`.

    F(s) = exp(-E(s)) F~(s),   F~(x) = 1 at a complete x, whose energy is E(x) = -log R(x)
    r = log F~(s) + log P_F(s' | s) - log F~(s') - log P_B(s | s') + E(s') - E(s)        loss: mean of r^2

which is detailed balance with log F(s) = log F~(s) - E(s).

**Differs from the paper**: 1. width 64. 2. F~(x) = 1 is imposed; the authors' code for sets leaves it to the network,
which then has infinitely many solutions of loss zero.

**Shapes**: t edges, b trajectories.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.gflownets._flow import OnPolicy, mean
from toybench.tasks.gflownets import Spec, Trajectories


class ForwardLookingDB(OnPolicy):
    """Squared residual of every edge, with the edge's own share of the energy."""

    paper = "pan2023better"

    def fits(self, spec: Spec) -> str | None:
        return None if spec.energies else "states on the way have no energy to look forward from"

    def loss(self, params: Any, batch: Trajectories) -> jax.Array:
        edges = self.read(params, batch)
        beyond = jnp.where(edges.ends, 0.0, edges.head)
        share = batch.energy[1:] - batch.energy[:-1]
        residual = beyond[:-1] + edges.log_pf - beyond[1:] - edges.log_pb + share
        return mean(residual**2, batch.seen)
