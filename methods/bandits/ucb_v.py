"""Optimism whose width follows each arm's empirical variance, with a correction for its being empirical.

**Source**: Audibert, Munos and Szepesvári, "Exploration-exploitation tradeoff using variance estimates in multi-armed
bandits", 2009, https://doi.org/10.1016/j.tcs.2009.01.016 (UCB-V).

    index_a = xbar_a + sqrt(2 c v_a log t / n_a) + 3 c b log t / n_a        t: pulls so far

**Differs from the paper**: 1. b, the range of bounded rewards, is twice the largest standard deviation of an arm, since
Gaussian rewards have no range (for 0/1 rewards it is the range). 2. c is tuned; c = 1 is published.

**Shapes**: n instances, k arms.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._arms import IndexPolicy, Tally, known_mean, mean_of, only_regret, plays_of, variance_of


class UCBV(IndexPolicy):
    """Learns the variances, told the range."""

    c: float = 1.0  # factor of the exploration function; 1 is published

    space = {"c": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}

    def fits(self, spec) -> str | None:
        return only_regret(spec)

    def value(self, state: Tally) -> jax.Array:
        return known_mean(state)

    def index(self, state: Tally, key: jax.Array) -> jax.Array:
        rate = self.c * jnp.log(plays_of(state)) / jnp.maximum(state.pulls, 1)
        reach = 2 * self.given.bound[:, None]
        width = jnp.sqrt(2 * variance_of(state) * rate) + 3 * reach * rate
        return jnp.where(state.pulls > 0, mean_of(state) + width, jnp.inf)
