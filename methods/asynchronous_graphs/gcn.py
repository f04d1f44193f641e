"""Deep graph convolutional network: as many layers as a path has nodes.

**Source**: Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks", 2017,
https://arxiv.org/abs/1609.02907, equation 2 (from memory); a baseline of Solodova et al. (2024). That a node which
updates early or late uses neighbours' states of the wrong layer is in the caption of their figure 1.

    h_i <- h_i + relu(W_l sum_j s_ij h_j + b_l),    s = D^-1/2 (A + I) D^-1/2, l the node's own count of layers

**Differs from the paper**: 1. residuals, as a network of eight layers needs. 2. As many layers as nodes, so that it can
answer when nodes update together; the baseline of Solodova et al. has two. 3. A linear layer in, one hidden layer out,
no dropout.

**Shapes**: b graphs, n nodes.
"""

import jax

from toybench.methods.asynchronous_graphs._network import (
    DeepCell,
    GraphNetwork,
    State,
    scheduled,
    synchronous,
)
from toybench.tasks.asynchronous_graphs import Batch, Graphs, Schedule

# Its random run is spoilt at every rate, most of all where it has learnt to answer: these are rates at which it answers
# in a synchronous run, by a pilot on tuning seeds.
SOUND_RATES = (0.006, 0.008, 0.01, 0.014, 0.02)


class GCN(GraphNetwork):
    """A layer a tick in training, and a layer an update where it is judged."""

    space = {"lr": SOUND_RATES}

    @property
    def cell(self) -> DeepCell:
        return DeepCell(width=self.spec.width, layers=self.spec.nodes)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        return self.learn(state, batch, synchronous(self.spec.nodes))

    def predict(self, state: State, graphs: Graphs, schedule: Schedule) -> jax.Array:
        return self.answers(state.params, graphs, scheduled(schedule))
