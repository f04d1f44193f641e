"""Tabu search that starts again without edges where it has not improved for a while.

**Source**: none, the cheap control of every tabu search.

    G <- no edges, no memory, after `patience` n moves without a better graph;    else as `tabu`

**Differs from the paper**: nothing.

**Shapes**: n nodes.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.combinatorial_search import _flips as flips
from toybench.tasks.combinatorial_search import Board


class TabuRestarts(Method):
    """The study remembers the best graph of all starts."""

    tenure: float = 0.1  # moves that a pair is tabu, in units of the nodes
    patience: float = 10.0  # moves without a better graph, in units of the nodes

    deterministic = True
    space = {"tenure": (0.0125, 0.025, 0.05, 0.1), "patience": (6.0, 12.0, 30.0, 60.0, 120.0)}

    def init(self, key: jax.Array) -> flips.Tabu:
        return flips.empty(self.spec.nodes)

    def propose(self, state: flips.Tabu, key: jax.Array) -> jax.Array:
        return flips.best_flip(state, jnp.ones_like(state.until, bool), key)

    def update(self, state: flips.Tabu, batch: Board, key: jax.Array) -> flips.Tabu:
        nodes = self.spec.nodes
        after = flips.follow(state, batch, self.tenure * nodes)
        stuck = after.move - after.improved >= self.patience * nodes
        anew = flips.back_to(after, flips.empty(nodes).board, stuck)
        return anew._replace(improved=jnp.where(stuck, after.move, after.improved))
