"""Deep graph convolutional network: as many layers as a path has nodes, and a synchroniser.

**Source**: Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks", 2017,
https://arxiv.org/abs/1609.02907, equation 2 (from memory); a baseline of Solodova et al. (2024). That a node which
updates early or late uses neighbours' states of the wrong layer is in the caption of their figure 1. Nodes that wait:
Awerbuch, "Complexity of Network Synchronization", 1985, https://doi.org/10.1145/4221.4227 (from memory).

    h_i <- h_i + relu(W_l sum_j s_ij h_j + b_l),    s = D^-1/2 (A + I) D^-1/2, l the node's own count of layers

With `waits` a node computes layer l + 1 once all neighbours that it hears of have computed layer l, and from their
states of layer l; it answers as in a synchronous run. `gcn[waits=false]` computes at every update from what it hears.

**Differs from the paper**: 1. residuals, as a network of eight layers needs. 2. As many layers as nodes, so that it can
answer when nodes update together; the baseline of Solodova et al. has two, and doesn't wait. 3. A linear layer in, one
hidden layer out, no dropout.

**Shapes**: b graphs, n nodes.
"""

import jax

from toybench.methods.asynchronous_graphs._network import (
    DEEP_RATES,
    DeepCell,
    GraphNetwork,
    State,
    scheduled,
    synchronous,
    waiting,
)
from toybench.tasks.asynchronous_graphs import Batch, Graphs, Schedule


class GCN(GraphNetwork):
    """A layer a tick in training, and a layer an update at most where it is judged."""

    waits: bool = True  # whether nodes wait for their neighbours where the network is judged; the paper's don't

    space = {"lr": DEEP_RATES}

    @property
    def cell(self) -> DeepCell:
        return DeepCell(width=self.spec.width, layers=self.spec.nodes)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        return self.learn(state, batch, synchronous(self.spec.nodes))

    def predict(self, state: State, graphs: Graphs, schedule: Schedule) -> jax.Array:
        runner = waiting(schedule, self.spec.nodes) if self.waits else scheduled(schedule)
        return self.answers(state.params, graphs, runner)
