"""Direct feedback alignment in a graph network: output errors reach each layer's nodes through a fixed random matrix.

**Source**: Launay, Poli, Boniface and Krzakala, "Direct Feedback Alignment Scales to Modern Deep Learning Tasks and
Architectures", 2020, https://arxiv.org/abs/2006.12878 (section 3.3, graph convolutional networks).

    d_l = (e B_l) f'(a_l),   dW_l = gather(h_{l-1})^T d_l,   B_l [c, n_l] ~ N(0, 1/c), fixed

**Differs from the paper**: 1. an error stays at its node, no layer sends it along edges, so that unlabelled nodes get
none. 2. three graph layers on a random graph in place of deeper networks on citation graphs.

**Shapes**: n nodes, c classes; e [n, c] output error, h_l, d_l [n, n_l] activities and errors.
"""

from toybench.methods.local_learning._graph import GraphNetwork, State, changes
from toybench.tasks.local_learning import Weights, slope


class GraphDirectFeedbackAlignment(GraphNetwork):
    """Neither transposed weights nor the transposed graph are used."""

    paper = "launay2020direct"

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {f"b{i}": (self.spec.classes, n) for i, n in enumerate(self.spec.hidden)}

    def direction(self, state: State) -> Weights:
        seen, hs, z = self.forward(state.params, state.fixed)
        error = self.error(z)
        backs = [state.fixed[f"b{i}"] / self.spec.classes**0.5 for i in range(len(hs))]
        sent = [(error @ b) * slope(self.spec.activation, h) for b, h in zip(backs, hs, strict=True)]
        return changes([*seen, hs[-1]], [*sent, error])
