"""A graph network whose hidden layers stay as they were drawn; the readout alone learns.

**Source**: a control of the field, called shallow training in Launay, Poli, Boniface and Krzakala, "Direct Feedback
Alignment Scales to Modern Deep Learning Tasks and Architectures", 2020, https://arxiv.org/abs/2006.12878.

    dW = h_L^T e,   dW_l = 0 below

**Differs from the paper**: nothing.

**Shapes**: n nodes, c classes; e [n, c] output error, h_L [n, n_L] activities.
"""

import jax
import jax.numpy as jnp

from toybench.methods.local_learning._graph import GraphNetwork, State, changes
from toybench.tasks.local_learning import Weights


class GraphFrozenHidden(GraphNetwork):
    """What random features of the graph are good for."""

    def direction(self, state: State) -> Weights:
        _, hs, z = self.forward(state.params, state.fixed)
        still = jax.tree.map(jnp.zeros_like, state.params[:-1])
        return (*still, *changes([hs[-1]], [self.error(z)]))
