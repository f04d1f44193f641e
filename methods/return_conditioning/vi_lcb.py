"""Value iteration with a lower confidence bound, in a model of counts.

**Source**: Rashidinejad, Zhu, Ma, Jiao and Russell, "Bridging Offline Reinforcement Learning and Imitation Learning: A
Tale of Pessimism", 2021, https://arxiv.org/abs/2103.12021, algorithm VI-LCB (from memory).

    Q_t(s, a) = max(0, r(s, a) - b / sqrt n(s, a) + sum_s' p(s' | s, a) V_{t+1}(s')),  0 where n = 0

**Differs from the paper**: 1. a finite horizon, without splitting the data between steps. 2. b is tuned instead of
following from a confidence level; b = 0 plans in the counted model, with unseen actions at the least return.

**Shapes**: n episodes, H steps, S states, A actions.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import mdp
from toybench.tasks.return_conditioning import broadcast


class State(NamedTuple):
    """The plan: its policy [H, S, A], and the pessimistic value [] of the first state."""

    params: jax.Array
    worth: jax.Array


class ViLCB(Method):
    """Plans where it has data."""

    b: float = 0.3  # units of reward that one observation may be wrong by, 0 or more

    deterministic = True
    space = {"b": (0.0, 0.03, 0.1, 0.3, 1.0, 3.0)}

    def init(self, key: jax.Array) -> State:
        spec = self.spec
        s = self.given.s[:, :-1].reshape(-1)
        a = self.given.a.reshape(-1)
        units = self.given.units.reshape(-1).astype(jnp.float32)
        counts = mdp.transition_counts(s, a, self.given.s[:, 1:].reshape(-1), spec.states, spec.actions)
        transitions, seen = mdp.counted_model(counts)
        often = jnp.maximum(counts.sum(-1), 1.0)
        paid = mdp.transition_counts(s, a, s, spec.states, spec.actions, units).sum(-1) / often
        rewards = paid - self.b / jnp.sqrt(often)

        def back(values: jax.Array, _: None) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
            q = seen * jnp.maximum(mdp.q_values(transitions, rewards, values, 1.0), 0.0)
            return q.max(-1), (q.max(-1), mdp.greedy(q))

        backwards = jax.lax.scan(back, jnp.zeros(spec.states), None, length=spec.horizon)[1]
        return State(params=backwards[1][::-1], worth=backwards[0][-1, spec.start])

    def policy(self, state: State) -> jax.Array:
        return broadcast(state.params, self.spec)

    def boldest_policy(self, state: State) -> jax.Array:
        return self.policy(state)

    def claimed(self, state: State) -> jax.Array:
        return state.worth
