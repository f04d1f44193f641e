"""Back-propagation through a graph network.

**Source**: Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks", 2017,
https://arxiv.org/abs/1609.02907 (section 3).

    h_l = f(gather(h_{l-1}) W_l + b_l),   z = h_L W + b,   cross-entropy over the labelled nodes

**Differs from the paper**: 1. no dropout nor weight decay, as for every method here. 2. three graph layers and a
readout that doesn't gather, in place of two graph layers; `gather` is the task's.

**Shapes**: n nodes, c classes, h_l [n, n_l] activities, z [n, c].
"""

import jax

from toybench.methods.local_learning._graph import GraphNetwork, State, cross_entropy
from toybench.tasks.local_learning import Weights


class GraphBackprop(GraphNetwork):
    """The exact gradient of all layers."""

    def direction(self, state: State) -> Weights:
        return jax.grad(lambda p: cross_entropy(self.forward(p, state.fixed)[2], self.given.y))(state.params)
