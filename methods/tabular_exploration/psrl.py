"""Posterior sampling: plays the best policy of a transition table drawn from its posterior, an episode long.

**Source**: Osband, Russo and Van Roy, "(More) Efficient Reinforcement Learning via Posterior Sampling", 2013,
https://arxiv.org/abs/1306.0940, algorithm 1, from memory.

    P(. | s, a) ~ Dirichlet(prior + n(s, a, .));  policy = argmax_pi V_1^pi(P)

**Differs from the paper**: 1. the reward is known. 2. the prior count is tuned.

**Shapes**: n instances, H steps, S states, A actions.
"""

import jax

from toybench.methods.tabular_exploration._counts import Planner, State, best_policy, dirichlet, every_parent
from toybench.tasks.tabular_exploration import Graph


class Psrl(Planner):
    """A Dirichlet prior for every row of the table."""

    prior: float = 0.3  # count of each next state before anything is seen, above 0

    space = {"prior": (0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 3.0)}

    def plan(self, counts: jax.Array, graph: Graph, key: jax.Array) -> jax.Array:
        return best_policy(self.spec, dirichlet(key, counts + self.prior))

    def parents(self, state: State) -> jax.Array:
        return every_parent(self.spec)
