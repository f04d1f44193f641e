"""Posterior sampling of a factored process without a graph: every variable may depend on all others.

**Source**: Osband and Van Roy, "Near-optimal Reinforcement Learning in Factored MDPs", 2014,
https://arxiv.org/abs/1403.3741 (posterior sampling, algorithm 1), from memory; the control that factors the next
state, and learns no graph.

    P(x_v = 1 | s, a) ~ Beta(prior + n(s, a, x_v = 1), prior + n(s, a, x_v = 0)), for each next variable v

**Differs from the paper**: 1. the scopes are complete, where the paper is told small ones. 2. the reward is known. 3.
the prior count is tuned.

**Shapes**: n instances, H steps, S states, A actions, V state variables.
"""

import jax
import jax.numpy as jnp

from toybench.methods.tabular_exploration._counts import Planner, State, best_policy, dirichlet, every_parent
from toybench.tasks.tabular_exploration import Graph, bits, factored_transitions


class FactoredFull(Planner):
    """A Beta prior for every variable in every state and action."""

    prior: float = 0.3  # count of either value before anything is seen, above 0

    space = {"prior": (0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 3.0)}

    def plan(self, counts: jax.Array, graph: Graph, key: jax.Array) -> jax.Array:
        values = jnp.asarray(bits(self.spec.variables), counts.dtype)
        both = jnp.stack([1 - values, values])  # [2, S, V]
        seen = jnp.einsum("sat,wtv->vsaw", counts, both)
        return best_policy(self.spec, factored_transitions(dirichlet(key, seen + self.prior)[..., 1]))

    def parents(self, state: State) -> jax.Array:
        return every_parent(self.spec)
