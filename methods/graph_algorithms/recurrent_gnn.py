"""A recurrent graph network whose nodes keep vectors of numbers from round to round.

**Source**: the recurrent baseline of Grotschla, Mathys, Raun and Wattenhofer, "GraphFSA: A Finite State Automaton
Framework for Algorithmic Learning on Graphs", 2024, https://arxiv.org/abs/2408.11042; the authors' code,
github.com/ETH-DISCO/graph-fsa: `models/RecGNN.py`, as `cellular-automata/train-1dca.py` calls it.

    h_i <- norm(GRU(sum_j MLP(h_j), h_i)),   p_i = softmax(W h_i) after the last round

**Differs from the paper**: 1. messages don't see who receives them. 2. vectors are normalised after each round, so that
sums can't grow, and have 32 numbers instead of 16. 3. no dropout. 4. the whole training set at every step. 5. the input
isn't fed in again at each round, as the script's `skip_input` does. 6. in and out are linear and messages have one
hidden layer, where theirs have two. 7. no weights of classes, and no clipping of gradients.

**Shapes**: b runs, n nodes, s states.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.graph_algorithms import _cell as gnn
from toybench.tasks.graph_algorithms import Runs


class RecurrentGnn(Method):
    """What it keeps may drift."""

    lr: float = 0.01  # of Adam at the start; 0.001 in the authors' notes

    paper = "grotschla2024graphfsa"
    space = {"lr": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)}

    @property
    def cell(self) -> gnn.Cell:
        return gnn.Cell(states=self.spec.states, snapped=False)

    def init(self, key: jax.Array) -> gnn.State:
        return gnn.begin(self.cell, key, self.lr, self.steps)

    def update(self, state: gnn.State, batch: Runs, key: jax.Array) -> gnn.State:
        return gnn.fit(self.cell, state, self.spec, batch, self.lr, self.steps)

    def run(self, state: gnn.State, adjacency: jax.Array, start: jax.Array, rounds: int) -> jax.Array:
        logits: Any = gnn.logits_after(self.cell, state.params, adjacency, start, rounds)
        return logits.argmax(-1).astype(jnp.int32)
