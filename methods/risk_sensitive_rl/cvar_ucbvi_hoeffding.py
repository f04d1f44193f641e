"""Optimistic value iteration for the CVaR of an episode's total, with one width for every variance.

**Source**: Wang, Kallus and Sun, "Near-Minimax-Optimal Risk-Sensitive Reinforcement Learning with CVaR", 2023,
https://arxiv.org/abs/2302.03201 (CVaR-UCBVI with the Hoeffding bonus; read as `cvar_ucbvi` was).

    U(s, b) = min_a max{ 0, E U'(s1, b - r) - c G sqrt(L / (2 n)) }
    play argmin_a from b = argmax b - U(s_0, b) / alpha         L = log(HSAK), G the largest total

**Differs from the paper**: 1. the width has a factor c. 2. delta = 1 inside the logarithm.

**Shapes**: n instances, H steps, S states, A actions, C totals.
"""

import jax
import jax.numpy as jnp

from toybench.methods.risk_sensitive_rl._tables import Counted, Counting, log_pairs, most, tail_plan
from toybench.tasks.risk_sensitive_rl import START


class CVaRUCBVIHoeffding(Counting):
    """The bonus of the risk-neutral algorithm, divided by alpha."""

    c: float = 0.03  # factor of the width, above 0

    space = {"c": (0.001, 0.003, 0.01, 0.02, 0.03, 0.06, 0.1, 0.3, 1.0)}

    def plan(self, counts: jax.Array, units: jax.Array) -> jax.Array:
        log = log_pairs(self.spec, self.steps)

        def bonus(variance: jax.Array, visits: jax.Array) -> jax.Array:
            width = self.c * most(self.spec) * jnp.sqrt(log / (2 * visits))
            return jnp.broadcast_to(width, variance.shape)

        return tail_plan(self.spec, START, counts, units, bonus)

    def policy(self, state: Counted, key: jax.Array) -> jax.Array:
        return state.plan
