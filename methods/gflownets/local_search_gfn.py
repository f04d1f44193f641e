"""Trajectory balance on objects that a local search buys: undo the end of an object and rebuild it.

**Source**: Kim, Yun, Bengio, Zhang, Bengio, Ahn and Park, "Local Search GFlowNets", 2023,
https://arxiv.org/abs/2310.02710 (LS-GFN; deterministic filtering, and stochastic filtering as `accept`).

    x -> s: K edges back by P_B,   s -> y: K edges forward by P_F,   x <- y if R(y) > R(x)                  (greedy)
    or with probability min(1, A), sigmoid(log A),  A = R(y) P_B(s|y) P_F(x|s) / (R(x) P_B(s|x) P_F(y|s))
                                                                                     (metropolis, barker)
Every rebuilt object is bought, counts as a reward call, and is learned from, accepted or not.

**Differs from the paper**: 1. a batch is all fresh or all rebuilt, in turn, where the authors rebuild a part of each
batch; the reward calls are as many. 2. a rebuilt object's trajectory is completed to the root by P_B; the authors' code
trains on the rebuilt part with the full log Z. 3. P_B is uniform.

**Shapes**: t edges, b objects, s entries of a state.
"""

from toybench.methods.gflownets._search import LocalSearch
from toybench.methods.gflownets.trajectory_balance import TrajectoryBalance


class LocalSearchGFN(LocalSearch, TrajectoryBalance):
    """The search only chooses what is bought: the objective, and so the law it leads to, stay."""

    paper = "kim2023local"
