"""Tabu search from a good graph of one node less that it is given for nothing: the accounting of a ladder of sizes.

**Source**: Mehrabian and others, "Finding Increasingly Large Extremal Graphs with AlphaZero and Tabu Search", 2023,
https://arxiv.org/abs/2311.03583 (abstract and summaries only, as `tabu_curriculum`).

    before the budget: the ladder from n - ladder to n - 1 nodes, of as many moves as the budget has
    within it: tabu search of n nodes from the best graph so far and an isolated node

**Differs from the paper**: 1. from 32 to 40 nodes or from 40 to 48 instead of up to 190. 2. tabu search as in `tabu`.

**Shapes**: n nodes.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.combinatorial_search import _flips as flips
from toybench.tasks.combinatorial_search import Board, evaluate_graph


class TabuCurriculumFree(Method):
    """It evaluates twice as many graphs as the others, and half of them aren't counted."""

    tenure: float = 0.1  # moves that a pair is tabu, in units of the nodes
    ladder: int = 8  # smaller sizes, each by one node

    paper = "mehrabian2023finding"
    space = {
        "tenure": (
            *(0.0, 0.0125, 0.025, 0.0375, 0.05, 0.0625, 0.075, 0.1, 0.125, 0.15),
            *(0.175, 0.2, 0.225, 0.25, 0.3, 0.35, 0.4, 0.5, 0.75, 1.0),
        )
    }

    def init(self, key: jax.Array) -> flips.Tabu:
        nodes = self.spec.nodes
        budget = float(self.spec.moves)

        def advance(search: flips.Tabu, own: jax.Array) -> tuple[flips.Tabu, None]:
            done = flips.stage(search.move, budget, self.ladder)
            graph = flips.best_flip(search, flips.among_first(nodes, nodes - self.ladder + done), own)
            after = flips.follow(search, evaluate_graph(graph), self.tenure * nodes)
            return flips.back_to(after, after.best, flips.stage(after.move, budget, self.ladder) > done), None

        keys = jax.random.split(key, self.spec.moves)
        search = jax.lax.scan(advance, flips.empty(nodes), keys)[0]
        return flips.back_to(search, search.best, jnp.asarray(True))

    def propose(self, state: flips.Tabu, key: jax.Array) -> jax.Array:
        return flips.best_flip(state, jnp.ones_like(state.until, bool), key)

    def update(self, state: flips.Tabu, batch: Board, key: jax.Array) -> flips.Tabu:
        return flips.follow(state, batch, self.tenure * self.spec.nodes)
