"""The best arm so far, and once in a while, more and more rarely, any arm.

**Source**: Auer, Cesa-Bianchi and Fischer, "Finite-time Analysis of the Multiarmed Bandit Problem", 2002,
https://doi.org/10.1023/A:1013689704352 (epsilon_n-greedy).

    a = argmax_a xbar_a with probability 1 - min(1, c k / t), else uniform

**Differs from the paper**: 1. c / d^2 of the paper, with d a lower bound of the gap, is one tuned number c.

**Shapes**: n instances, k arms.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._arms import IndexPolicy, Tally, known_mean, only_regret, plays_of


class EpsilonGreedy(IndexPolicy):
    """Explores without looking at what it knows."""

    c: float = 1.0  # exploring pulls per arm and unit of log t

    space = {"c": (0.1, 0.3, 1.0, 2.0, 3.0, 10.0)}

    def fits(self, spec) -> str | None:
        return only_regret(spec)

    def value(self, state: Tally) -> jax.Array:
        return known_mean(state)

    def index(self, state: Tally, key: jax.Array) -> jax.Array:
        n, k = state.pulls.shape
        noise = jax.random.uniform(key, (n, k + 1))
        explore = noise[:, k:] < self.c * k / plays_of(state)
        known = jnp.where(state.pulls > 0, self.value(state), jnp.inf)
        return jnp.where(explore, noise[:, :k], known)
