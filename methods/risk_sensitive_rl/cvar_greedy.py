"""Plays the policy with the best CVaR in the counted model; now and then an episode of random actions.

**Source**: none; the control without a bonus. The falling rate is that of Auer, Cesa-Bianchi and Fischer,
"Finite-time Analysis of the Multiarmed Bandit Problem", 2002 (epsilon_n-greedy, from memory).

    uniform actions with chance min(1, tries / t), else argmin_a of E U'(s1, b - r)

**Differs from the paper**: 1. a coin an episode, not a step: a policy with a few random steps would have a worse tail
than a few random episodes have on average. 2. what was never seen counts as free of shortfall, so it is tried.

**Shapes**: n instances, H steps, S states, A actions, C totals.
"""

import jax
import jax.numpy as jnp

from toybench.methods.risk_sensitive_rl._tables import Counted, Counting, tail_plan
from toybench.tasks.risk_sensitive_rl import START


class CVaRGreedy(Counting):
    """Knows the criterion and has no bonus."""

    tries: float = 10.0  # episodes that are random for sure; later ones are with chance tries / t

    space = {"tries": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)}

    def plan(self, counts: jax.Array, units: jax.Array) -> jax.Array:
        return tail_plan(self.spec, START, counts, units, lambda variance, visits: jnp.zeros_like(variance))

    def policy(self, state: Counted, key: jax.Array) -> jax.Array:
        u = jax.random.uniform(key, (self.spec.instances,))
        episode = 1 + state.counts[:, 0].sum((1, 2, 3))
        tries = (u * episode < self.tries)[:, None, None, None, None]
        return jnp.where(tries, 1 / self.spec.actions, state.plan)
