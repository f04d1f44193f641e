"""H2GCN: own features, neighbours and neighbours' neighbours stay apart until one last linear layer.

**Source**: Zhu, Yan, Zhao, Heimann, Akoglu and Koutra, "Beyond Homophily in Graph Neural Networks: Current Limitations
and Effective Designs", 2020, https://arxiv.org/abs/2006.11468, section 3.2; from memory. The network is
`EgoNeighbours` of this study's helper, as its invariant variants share it.

    r_0 = relu(x W);    r_k = [R_1 r_(k-1), R_2 r_(k-1)];    scores = [r_0, r_1, r_2] W_out

R_1 is the mean over neighbours, R_2 the mean over nodes exactly two steps away; the node itself is in neither.

**Differs from the paper**: 1. Means instead of symmetric normalisation. 2. Two rounds whatever the task's depth, and no
dropout.

**Shapes**: n nodes, d features, w hidden units, c classes.
"""

from toybench.methods.node_classification._nodes import (
    DECAYS,
    RATES,
    EgoNeighbours,
    Inputs,
    Supervised,
    rings,
)
from toybench.tasks.node_classification import Graph


class H2GCN(Supervised):
    """Separate ego and neighbour weights."""

    space = {"lr": RATES, "decay": DECAYS}

    def network(self) -> EgoNeighbours:
        return EgoNeighbours(self.spec)

    def read(self, graph: Graph) -> Inputs:
        return rings(graph)
