"""The recurrent graph network, whose nodes keep one of the states from round to round and nothing else.

**Source**: a control, near to `models/GraphChef.py` of the automaton's authors, github.com/ETH-DISCO/graph-fsa (states
made hard between rounds, a network as rule). Its straight-through gradient is of Bengio, Leonard and Courville,
"Estimating or Propagating Gradients Through Stochastic Neurons", 2013, https://arxiv.org/abs/1308.3432 (from memory).

    p_i = softmax(W norm(GRU(sum_j MLP(h_j), h_i))),   h_i <- vector of the likeliest state

**Differs from the paper**: nothing but 1. to 7. of `recurrent_gnn`.

**Shapes**: b runs, n nodes, s states.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.graph_algorithms import _cell as gnn
from toybench.tasks.graph_algorithms import Runs


class SnappedGnn(Method):
    """Its states are few, and its rule is a network."""

    lr: float = 0.01  # of Adam at the start

    space = {"lr": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)}

    @property
    def cell(self) -> gnn.Cell:
        return gnn.Cell(states=self.spec.states, snapped=True)

    def init(self, key: jax.Array) -> gnn.State:
        return gnn.begin(self.cell, key, self.lr, self.steps)

    def update(self, state: gnn.State, batch: Runs, key: jax.Array) -> gnn.State:
        return gnn.fit(self.cell, state, self.spec, batch, self.lr, self.steps)

    def run(self, state: gnn.State, adjacency: jax.Array, start: jax.Array, rounds: int) -> jax.Array:
        logits: Any = gnn.logits_after(self.cell, state.params, adjacency, start, rounds)
        return logits.argmax(-1).astype(jnp.int32)
