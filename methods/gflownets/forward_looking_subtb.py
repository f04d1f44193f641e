"""Forward-looking sub-trajectory balance: the same flow beyond the energy so far, in every part of a trajectory.

**Source**: Pan, Malkin, Zhang and Bengio, "Better Training of GFlowNets with Local Credit and Incomplete Trajectories",
2023, https://arxiv.org/abs/2302.01687 (FL-SubTB).

    log F(s) = log F~(s) - E(s),   F~(x) = 1 at a complete x, in the loss of sub-trajectory balance

**Differs from the paper**: 1. width 64. 2. lambda is 0.9. 3. F~(x) = 1 is imposed, not learned.

**Shapes**: t edges, b trajectories.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.gflownets._flow import OnPolicy, balance_parts
from toybench.tasks.gflownets import Spec, Trajectories


class ForwardLookingSubTB(OnPolicy):
    """Weighted squared residuals of all parts, of the flow beyond the energy so far.

    lambda to 0 is forward-looking detailed balance.
    """

    decay: float = 0.9  # lambda, weight of a part by one edge more; the paper: 0.9 as a rule

    paper = "pan2023better"

    def fits(self, spec: Spec) -> str | None:
        return None if spec.energies else "states on the way have no energy to look forward from"

    def loss(self, params: Any, batch: Trajectories) -> jax.Array:
        edges = self.read(params, batch)
        flow = jnp.where(edges.ends, 0.0, edges.head) - batch.energy
        return balance_parts(flow, edges, batch.seen, self.decay)
