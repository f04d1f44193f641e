"""Certainty equivalence: the counted moves as a map, and value iteration towards every goal on it.

**Source**: textbook (from memory).

    V_g(s) = max over moves a of the data of sum_s1 P(s1 | s, a) [1 if s1 = g, else discount V_g(s1)]

**Differs from the paper**: there is none. Moves that the data lack are worth nothing, the least that there is.

**Shapes**: S states, G goals, A actions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import mdp


class ModelVI(Method):
    """Plans on what was seen."""

    deterministic = True

    def goal_policy(self, state: Any) -> jax.Array:
        spec = self.spec
        s = self.given.s[:, :-1].reshape(-1)
        counts = mdp.transition_counts(
            s, self.given.a.reshape(-1), self.given.s[:, 1:].reshape(-1), spec.states, spec.actions
        )
        transitions, _ = mdp.counted_model(counts)

        def backup(_: int, q: jax.Array) -> jax.Array:
            ahead = jnp.where(jnp.eye(spec.states, dtype=bool), 1.0, spec.discount * q.max(-1))
            return jnp.einsum("sat,tg->sga", transitions, ahead)

        start = jnp.zeros((spec.states, spec.states, spec.actions))
        return jax.lax.fori_loop(0, spec.states, backup, start)
