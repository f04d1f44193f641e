"""Optimistic value iteration for the mean: blind to risk.

**Source**: Azar, Osband and Munos, "Minimax Regret Bounds for Reinforcement Learning", 2017,
https://arxiv.org/abs/1703.05449 (UCBVI with the Chernoff-Hoeffding bonus, from memory).

    Q(s, a) = min{ r + E V'(s1) + c G sqrt(L / (2 n)), G }         L = log(HSAK), G the largest total

**Differs from the paper**: 1. the width has a factor c. 2. delta = 1 inside the logarithm. 3. rewards are known.

**Shapes**: n instances, H steps, S states, A actions, C totals.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.mdp import counted_model, greedy
from toybench.methods.risk_sensitive_rl._tables import Counted, Counting, log_pairs, most
from toybench.tasks.risk_sensitive_rl import UNIT


class UCBVI(Counting):
    """Maximises the mean."""

    c: float = 0.1  # factor of the width, above 0; 1 is about the theory's

    space = {"c": (0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 3.0)}

    def plan(self, counts: jax.Array, units: jax.Array) -> jax.Array:
        kernel, seen = counted_model(counts)
        top = most(self.spec)
        width = self.c * top * jnp.sqrt(log_pairs(self.spec, self.steps) / (2 * jnp.maximum(counts.sum(-1), 1.0)))

        def back(value: jax.Array, step: tuple) -> tuple[jax.Array, jax.Array]:
            chances, unit, was_seen, bonus = step
            q = UNIT * unit.astype(jnp.float32) + chances @ value + bonus
            q = jnp.where(was_seen > 0, jnp.minimum(q, top), top)
            return q.max(-1), greedy(q)

        _, rule = jax.lax.scan(back, jnp.zeros(self.spec.states), (kernel, units, seen, width), reverse=True)
        return rule

    def rule(self, state: Counted, key: jax.Array) -> jax.Array:
        return state.plan

    def policy(self, state: Counted, key: jax.Array) -> jax.Array:
        return jnp.repeat(state.plan[:, :, :, None], self.spec.totals, axis=3)
