"""Optimism for the CVaR of an arm with one width for every risk level.

**Source**: Tamkin, Keramati, Dann and Brunskill, "Distributionally-Aware Exploration for CVaR Bandits", 2019; what the
paper of `cvar_ucb_bernstein` improves on. The form is Hoeffding's inequality for (b - R)_+ in [0, 1], written from
memory.

    a = argmax_a max_b { b - (mean (b - R_a)_+ - c sqrt(L / (2 n_a))) / alpha }         L = log(AK)

**Differs from the paper**: 1. Hoeffding's inequality at the best b in place of a band around the distribution function,
which has the same width. 2. the width has a factor c; c = 1 is the theory's.

**Shapes**: n instances, k arms, l levels.
"""

import jax
import jax.numpy as jnp

from toybench.methods.risk_sensitive_rl._arms import TailIndex, log_pairs


class CVaRUCBHoeffding(TailIndex):
    """Divided by alpha, the width grows as 1 / alpha."""

    c: float = 0.1  # factor of the width, above 0; 1 is the theory's

    space = {"c": (0.001, 0.003, 0.01, 0.02, 0.03, 0.06, 0.1, 0.3, 1.0)}

    def bonus(self, pulls: jax.Array) -> jax.Array:
        return self.c * jnp.sqrt(log_pairs(self.spec.arms, self.steps) / (2 * pulls))
