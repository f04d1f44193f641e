"""Tabu search that starts each size from the best graph of the size before, all of its moves counted.

**Source**: Mehrabian and others, "Finding Increasingly Large Extremal Graphs with AlphaZero and Tabu Search", 2023,
https://arxiv.org/abs/2311.03583 (abstract and summaries only: the score, flips, and that good graphs of smaller sizes
start the search of larger ones).

    n - ladder nodes, ..., n - 1 nodes, n nodes:    start = the best graph so far and an isolated node

**Differs from the paper**: 1. from 32 to 40 nodes or from 40 to 48 instead of up to 190. 2. sizes share one budget, the
last one has `share` of it. 3. tabu search as in `tabu`.

**Shapes**: n nodes.
"""

import jax

from toybench import Method
from toybench.methods.combinatorial_search import _flips as flips
from toybench.tasks.combinatorial_search import Board


class TabuCurriculum(Method):
    """Nodes of the sizes to come are there from the start, isolated. Without a ladder it is `tabu`."""

    tenure: float = 0.1  # moves that a pair is tabu, in units of the nodes
    share: float = 0.5  # of the moves that the last size has
    ladder: int = 8  # smaller sizes, each by one node

    paper = "mehrabian2023finding"
    deterministic = True
    space = {"tenure": (0.025, 0.05, 0.1, 0.2, 0.4), "share": (0.15, 0.3, 0.5, 0.8)}

    def init(self, key: jax.Array) -> flips.Tabu:
        return flips.empty(self.spec.nodes)

    def stage(self, move: jax.Array) -> jax.Array:
        """Sizes that are done."""
        return flips.stage(move, (1 - self.share) * self.spec.moves, self.ladder)

    def propose(self, state: flips.Tabu, key: jax.Array) -> jax.Array:
        nodes = self.spec.nodes
        size = nodes - self.ladder + self.stage(state.move)
        return flips.best_flip(state, flips.among_first(nodes, size), key)

    def update(self, state: flips.Tabu, batch: Board, key: jax.Array) -> flips.Tabu:
        after = flips.follow(state, batch, self.tenure * self.spec.nodes)
        return flips.back_to(after, after.best, self.stage(after.move) > self.stage(state.move))
