"""Certainty equivalence: count moves and actions, and sum the counted chain to the end.

**Source**: textbook (from memory).

    M = (1 - discount) P sum_t (discount Pi P)^t   with counted P(s1 | s, a) and Pi(a | s)

**Differs from the paper**: there is none. Where the data end, in a state or in an action that they lack, the future is
uniform over states.

**Shapes**: S states, A actions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import mdp


class CountedModel(Method):
    """Counts, then solves."""

    deterministic = True

    def occupancy(self, state: Any) -> jax.Array:
        spec = self.spec
        s = self.given.s[:, :-1].reshape(-1)
        a = self.given.a.reshape(-1)
        counts = mdp.transition_counts(s, a, self.given.s[:, 1:].reshape(-1), spec.states, spec.actions)
        transitions, seen = mdp.counted_model(counts)
        transitions = transitions + (1 - seen[..., None]) / spec.states
        total = counts.sum(-1)
        visited = total.sum(-1, keepdims=True)
        policy = jnp.where(visited > 0, total / jnp.maximum(visited, 1.0), 1 / spec.actions)
        return mdp.occupancy(transitions, policy, spec.discount)
