"""Adds random edges that close no triangle and no 4-cycle; where there are none left, it starts again.

**Source**: none, the plainest search that there is for this problem.

    G <- G + a random pair whose gain is 1;    without such a pair: a single random edge

**Differs from the paper**: nothing.

**Shapes**: n nodes.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.combinatorial_search import _flips as flips
from toybench.tasks.combinatorial_search import Board, evaluate_graph


class GreedyRandom(Method):
    """Some twenty maximal graphs in a trial."""

    deterministic = True

    def init(self, key: jax.Array) -> Board:
        return evaluate_graph(jnp.zeros((self.spec.nodes, self.spec.nodes)))

    def propose(self, state: Board, key: jax.Array) -> jax.Array:
        noise = jax.random.uniform(key, state.graph.shape)
        addable = (state.graph == 0) & (state.gains == 1)
        left = addable.any()
        graph = jnp.where(left, state.graph, 0.0)
        return flips.flip(graph, jnp.where(addable | ~left, noise, -jnp.inf))

    def update(self, state: Board, batch: Board, key: jax.Array) -> Board:
        return batch
