"""Detailed balance on objects that a local search buys: undo the end of an object and rebuild it.

**Source**: Kim, Yun, Bengio, Zhang, Bengio, Ahn and Park, "Local Search GFlowNets", 2023,
https://arxiv.org/abs/2310.02710 (LS-GFN with detailed balance as the objective).

    x -> s: K edges back by P_B,   s -> y: K edges forward by P_F,   x <- y if R(y) > R(x)

**Differs from the paper**: 1. a batch is all fresh or all rebuilt, in turn. 2. a rebuilt object's trajectory is
completed to the root by P_B. 3. P_B is uniform.

**Shapes**: t edges, b objects, s entries of a state.
"""

from toybench.methods.gflownets._search import LocalSearch
from toybench.methods.gflownets.detailed_balance import DetailedBalance


class LocalSearchDB(LocalSearch, DetailedBalance):
    """The same search as in `local_search_gfn` under another objective."""

    paper = "kim2023local"
