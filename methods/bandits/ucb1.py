"""Optimism with one width for all arms: mean reward plus a multiple of the standard error at the largest variance.

**Source**: Auer, Cesa-Bianchi and Fischer, "Finite-time Analysis of the Multiarmed Bandit Problem", 2002,
https://doi.org/10.1023/A:1013689704352 (UCB1), in the form for sub-Gaussian rewards.

    index_a = xbar_a + c sqrt(2 sigma_max^2 log t / n_a)        t: pulls so far

**Differs from the paper**: 1. the range of the rewards is replaced by the largest standard deviation of an arm, which
is less wide than UCB1's own constant (sigma = 1 for rewards in [0, 1]). 2. the width has a factor c; c = 1 is
published.

**Shapes**: n instances, k arms.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._arms import IndexPolicy, Tally, known_mean, mean_of, plays_of


class UCB1(IndexPolicy):
    """Told the largest variance, learns none."""

    c: float = 1.0  # factor of the width, above 0; 1 is published

    space = {"c": (0.1, 0.25, 0.35, 0.5, 0.7, 1.0)}

    def value(self, state: Tally) -> jax.Array:
        return known_mean(state)

    def index(self, state: Tally, key: jax.Array) -> jax.Array:
        bound = self.given.bound[:, None]
        width = self.c * bound * jnp.sqrt(2 * jnp.log(plays_of(state)) / jnp.maximum(state.pulls, 1))
        return jnp.where(state.pulls > 0, mean_of(state) + width, jnp.inf)
