"""Behaviour cloning of the episodes with the largest returns, by counts.

**Source**: none: the usual control (10 % behaviour cloning of Chen et al., "Decision Transformer", 2021,
https://arxiv.org/abs/2106.01345, section 5.1, from memory).

    pi(a | s) = n(s, a) / n(s) over the share `top` of the episodes with the largest returns

**Differs from the paper**: 1. counts instead of a network. 2. Episodes that tie with the last one all count. 3. A state
that these episodes don't visit takes the counts of all episodes; one that nobody visits takes any action.

**Shapes**: n episodes, H steps, S states, A actions.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.return_conditioning import broadcast, played


class State(NamedTuple):
    """The cloned policy [S, A], and the mean return [] of the episodes it is cloned from."""

    params: jax.Array
    worth: jax.Array


class FilteredBC(Method):
    """Clones what went well."""

    top: float = 0.15  # share of the episodes, above 0; 1 clones all of them

    deterministic = True
    space = {"top": (0.0075, 0.015, 0.03, 0.06, 0.12, 0.25, 0.5, 1.0)}

    def init(self, key: jax.Array) -> State:
        episodes = self.given
        returns = episodes.units.sum(-1).astype(jnp.float32)
        rank = jnp.ceil(self.top * returns.shape[0]).astype(jnp.int32)
        kept = (returns >= -jnp.sort(-returns)[rank - 1]).astype(jnp.float32)
        counts = self.counted(kept)
        fallback = self.counted(jnp.ones_like(kept))
        law = jnp.where(counts.sum(-1, keepdims=True) > 0, counts, fallback)
        law = jnp.where(law.sum(-1, keepdims=True) > 0, law, 1.0)
        return State(params=law / law.sum(-1, keepdims=True), worth=(kept * returns).sum() / kept.sum())

    def counted(self, weights: jax.Array) -> jax.Array:
        """How often [S, A] each action was taken, each episode counted with its weight [n]."""
        each = jnp.broadcast_to(weights[:, None], self.given.a.shape)
        counts = jnp.zeros((self.spec.states, self.spec.actions))
        return counts.at[self.given.s[:, :-1], self.given.a].add(each)

    def policy(self, state: State) -> jax.Array:
        return broadcast(played(self.spec, state.params), self.spec)

    def boldest_policy(self, state: State) -> jax.Array:
        return self.policy(state)

    def claimed(self, state: State) -> jax.Array:
        return state.worth
