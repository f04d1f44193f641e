"""Forward-looking detailed balance: the network learns what a state's flow is beyond its energy so far.

**Source**: Pan, Malkin, Zhang and Bengio, "Better Training of GFlowNets with Local Credit and Incomplete Trajectories",
2023, https://arxiv.org/abs/2302.01687 (FL-DB).

    F(s) = exp(-E(s)) F~(s),   F~(x) = 1 at a complete x, whose energy is E(x) = -log R(x)
    r = log F~(s) + log P_F(s' | s) - log F~(s') - log P_B(s | s') + E(s') - E(s)        loss: mean of r^2

which is detailed balance with log F(s) = log F~(s) - E(s).

**Differs from the paper**: 1. width 64. 2. F~(x) = 1 is imposed; the authors' code for sets leaves it to the network,
which then has infinitely many solutions of loss zero.

**Shapes**: t edges, b trajectories.
"""

import jax

from toybench.methods.gflownets.detailed_balance import DetailedBalance
from toybench.tasks.gflownets import Spec


class ForwardLookingDB(DetailedBalance):
    """Every edge carries its own share of the reward, so unfinished trajectories teach too."""

    paper = "pan2023better"

    def fits(self, spec: Spec) -> str | None:
        return None if spec.energies else "states on the way have no energy to look forward from"

    def flow(self, head: jax.Array, energy: jax.Array) -> jax.Array:
        return head - energy
