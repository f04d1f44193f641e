"""Optimism for the CVaR of an arm with a bonus that knows that only a share alpha of the rewards falls short.

**Source**: Wang, Kallus and Sun, "Near-Minimax-Optimal Risk-Sensitive Reinforcement Learning with CVaR", 2023,
https://arxiv.org/abs/2302.03201 (algorithm 1, equation 3 and theorem 4.1, as a public summary of the full text states
them; the paper itself was read in its abstract).

    a = argmax_a max_b { b - (mean (b - R_a)_+ - bonus_a) / alpha }
    bonus_a = c sqrt(2 alpha L / n_a) + c^2 L / n_a         L = log(AK)

**Differs from the paper**: 1. the width has a factor c, the square of it where the bonus falls as 1 / n; c = 1 is
published. 2. delta = 1 inside the logarithm. 3. b is searched on the levels of the rewards, where the maximum lies.

**Shapes**: n instances, k arms, l levels.
"""

import jax
import jax.numpy as jnp

from toybench.methods.risk_sensitive_rl._arms import TailIndex, log_pairs


class CVaRUCBBernstein(TailIndex):
    """Narrower by the root of alpha than a bonus for all rewards."""

    c: float = 0.1  # factor of the width, above 0; 1 is published

    paper = "wang2023nearminimaxoptimal"
    space = {"c": (0.001, 0.003, 0.01, 0.02, 0.03, 0.06, 0.1, 0.3, 1.0)}

    def bonus(self, pulls: jax.Array) -> jax.Array:
        log = log_pairs(self.spec.arms, self.steps)
        return self.c * jnp.sqrt(2 * self.spec.alpha * log / pulls) + self.c**2 * log / pulls
