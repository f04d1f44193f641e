"""Simulated annealing without rejections: flips are drawn in proportion to Metropolis' chances to accept them.

**Source**: Bortz, Kalos and Lebowitz, "A new algorithm for Monte Carlo simulation of Ising spin systems", 1975,
https://doi.org/10.1016/0021-9991(75)90060-1 (from memory), which needs the gains of all flips, as tabu search does.

    P(flip) ~ min(1, exp(gain / T)),    T from `hot` to `cold` in equal ratios

**Differs from the paper**: 1. temperature falls by the moves, and not by the time that rejections would take.

**Shapes**: n nodes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.combinatorial_search import _flips as flips
from toybench.tasks.combinatorial_search import Board, evaluate_graph

TINY = 1e-20  # keeps a uniform number off 0, whose logarithm there is none


class State(NamedTuple):
    """Where the search stands, and moves made, float []."""

    board: Board
    move: jax.Array


class Annealing(Method):
    """A control that climbs down by chance instead of by a memory."""

    hot: float = 0.35  # temperature at first, in edges
    cold: float = 0.07  # temperature at last

    deterministic = True
    space = {"hot": (0.1, 0.2, 0.35, 0.6), "cold": (0.025, 0.035, 0.05, 0.07, 0.1)}

    def init(self, key: jax.Array) -> State:
        nodes = self.spec.nodes
        return State(board=evaluate_graph(jnp.zeros((nodes, nodes))), move=jnp.zeros(()))

    def propose(self, state: State, key: jax.Array) -> jax.Array:
        done = state.move / max(self.spec.moves - 1, 1)
        temperature = self.hot * (self.cold / self.hot) ** done
        uniform = jnp.maximum(jax.random.uniform(key, state.board.graph.shape), TINY)
        chance = jnp.minimum(state.board.gains / temperature, 0.0)
        return flips.flip(state.board.graph, chance - jnp.log(-jnp.log(uniform)))  # Gumbel's noise: an exact draw

    def update(self, state: State, batch: Board, key: jax.Array) -> State:
        return State(board=batch, move=state.move + 1)
