"""Forward-looking sub-trajectory balance: the same flow beyond the energy so far, in every part of a trajectory.

**Source**: Pan, Malkin, Zhang and Bengio, "Better Training of GFlowNets with Local Credit and Incomplete Trajectories",
2023, https://arxiv.org/abs/2302.01687 (FL-SubTB).

    log F(s) = log F~(s) - E(s),   F~(x) = 1 at a complete x, in the loss of sub-trajectory balance

**Differs from the paper**: 1. width 64. 2. lambda is 0.9. 3. F~(x) = 1 is imposed, not learned.

**Shapes**: t edges, b trajectories.
"""

import jax

from toybench.methods.gflownets.subtrajectory_balance import SubtrajectoryBalance
from toybench.tasks.gflownets import Spec


class ForwardLookingSubTB(SubtrajectoryBalance):
    """lambda to 0 is forward-looking detailed balance."""

    paper = "pan2023better"

    def fits(self, spec: Spec) -> str | None:
        return None if spec.energies else "states on the way have no energy to look forward from"

    def flow(self, head: jax.Array, energy: jax.Array) -> jax.Array:
        return head - energy
