"""Optimistic value iteration for the CVaR of an episode's total, with a bonus that follows the variance.

**Source**: Wang, Kallus and Sun, "Near-Minimax-Optimal Risk-Sensitive Reinforcement Learning with CVaR", 2023,
https://arxiv.org/abs/2302.03201 (CVaR-UCBVI; read in the abstract and in a public summary of the full text that names
its parts without their formulas, which are from memory).

    U(s, b) = min_a max{ 0, E U'(s1, b - r) - c sqrt(2 var U'(s1, b - r) L / n) - c^2 G L / n }
    play argmin_a from b = argmax b - U(s_0, b) / alpha         L = log(HSAK), G the largest total

**Differs from the paper**: 1. a further term of its bonus, for the distance of the bounds from above and below, is left
out. 2. the width has a factor c. 3. delta = 1 inside the logarithm.

**Shapes**: n instances, H steps, S states, A actions, C totals.
"""

import jax
import jax.numpy as jnp

from toybench.methods.risk_sensitive_rl._tables import Counted, Counting, log_pairs, most, tail_plan
from toybench.tasks.risk_sensitive_rl import START


class CVaRUCBVI(Counting):
    """Bernstein's bonus."""

    c: float = 0.03  # factor of the width, above 0

    paper = "wang2023nearminimaxoptimal"
    space = {"c": (0.001, 0.003, 0.01, 0.02, 0.03, 0.06, 0.1, 0.3, 1.0)}

    def plan(self, counts: jax.Array, units: jax.Array) -> jax.Array:
        log = log_pairs(self.spec, self.steps)

        def bonus(variance: jax.Array, visits: jax.Array) -> jax.Array:
            return self.c * jnp.sqrt(2 * variance * log / visits) + self.c**2 * most(self.spec) * log / visits

        return tail_plan(self.spec, START, counts, units, bonus)

    def policy(self, state: Counted, key: jax.Array) -> jax.Array:
        return state.plan
