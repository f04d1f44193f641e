"""Tabu search from the graph without edges: the best flip, and no flip back for a while.

**Source**: Glover, "Tabu Search, Part I", 1989, https://doi.org/10.1287/ijoc.1.3.190 (from memory), on the score and
the flips of Mehrabian and others, "Finding Increasingly Large Extremal Graphs with AlphaZero and Tabu Search", 2023,
https://arxiv.org/abs/2311.03583 (abstract and summaries: the score, and that a move flips an edge).

    G <- the best G + flip(i, j) that is not tabu, or is better than all before;    (i, j) is tabu for `tenure` n moves

**Differs from the paper**: 1. graphs of 40 and 48 nodes instead of 64 to 190. 2. what the paper's tabu list holds, and
for how long, could not be read.

**Shapes**: n nodes.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.combinatorial_search import _flips as flips
from toybench.tasks.combinatorial_search import Board


class TabuSearch(Method):
    """Every size from scratch: the rival of the curriculum."""

    tenure: float = 0.1  # moves that a pair is tabu, in units of the nodes

    deterministic = True
    space = {
        "tenure": (
            *(0.0, 0.0125, 0.025, 0.0375, 0.05, 0.0625, 0.075, 0.1, 0.125, 0.15),
            *(0.175, 0.2, 0.225, 0.25, 0.3, 0.35, 0.4, 0.5, 0.75, 1.0),
        )
    }

    def init(self, key: jax.Array) -> flips.Tabu:
        return flips.empty(self.spec.nodes)

    def propose(self, state: flips.Tabu, key: jax.Array) -> jax.Array:
        return flips.best_flip(state, jnp.ones_like(state.board.graph, bool), key)

    def update(self, state: flips.Tabu, batch: Board, key: jax.Array) -> flips.Tabu:
        return flips.follow(state, batch, self.tenure * self.spec.nodes)
