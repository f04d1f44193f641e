"""Optimistic value iteration for the iterated CVaR, on counts of transitions.

**Source**: Du, Wang and Huang, "Provably Efficient Risk-Sensitive Reinforcement Learning: Iterated CVaR and Worst
Path", 2023, https://openreview.net/forum?id=Yn0xg-kHNW- (ICVaR-RM; read in its abstract, the formulas are from memory).

    Q(s, a) = min{ r + CVaR_alpha V'(s1) + (c / alpha) G sqrt(L / (2 n)), G }         L = log(HSAK)

**Differs from the paper**: 1. the width has a factor c, and G, the largest total, stands for H. 2. delta = 1 inside the
logarithm.

**Shapes**: n instances, H steps, S states, A actions.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.mdp import counted_model, greedy
from toybench.methods.risk_sensitive_rl._tables import Counted, Counting, log_pairs, most
from toybench.tasks.risk_sensitive_rl import UNIT, dual_tail_mean


class ICVaRTable(Counting):
    """Learns every row of the transitions apart."""

    c: float = 0.01  # factor of the width, above 0; 1 is about the theory's

    space = {"c": (0.0001, 0.0003, 0.001, 0.002, 0.003, 0.006, 0.01, 0.03, 0.1)}

    def plan(self, counts: jax.Array, units: jax.Array) -> jax.Array:
        kernel, seen = counted_model(counts)
        top = most(self.spec)
        root = jnp.sqrt(log_pairs(self.spec, self.steps) / (2 * jnp.maximum(counts.sum(-1), 1.0)))
        width = self.c / self.spec.alpha * top * root

        def back(value: jax.Array, step: tuple) -> tuple[jax.Array, jax.Array]:
            chances, unit, was_seen, bonus = step
            tail = dual_tail_mean(jnp.broadcast_to(value, chances.shape), chances, self.spec.alpha)
            q = UNIT * unit.astype(jnp.float32) + tail + bonus
            q = jnp.where(was_seen > 0, jnp.minimum(q, top), top)
            return q.max(-1), greedy(q)

        _, rule = jax.lax.scan(back, jnp.zeros(self.spec.states), (kernel, units, seen, width), reverse=True)
        return rule

    def rule(self, state: Counted, key: jax.Array) -> jax.Array:
        return state.plan
