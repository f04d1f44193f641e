"""Optimism by likelihood: the largest mean that the arm's rewards don't rule out at the level log t.

**Source**: Garivier and Cappé, "The KL-UCB Algorithm for Bounded Stochastic Bandits and Beyond", 2011,
https://arxiv.org/abs/1102.2490 (0/1 rewards); for Gaussian rewards of unknown variance the same index in the form of
Cowan, Honda and Katehakis, "Normal Bandits of Unknown Means and Variances", 2015, https://arxiv.org/abs/1504.05823.

    index_a = sup { m : n_a KL(xbar_a, m) <= c log t }                        0/1 rewards
    index_a = xbar_a + s_a sqrt(t^(2 c / (n_a - 2)) - 1)                      Gaussian rewards
    t: pulls so far

**Differs from the paper**: 1. the level is c log t, without the term 3 log log t, as the authors advise; c is tuned,
and c = 1 is published. 2. the supremum is found by 20 bisections. 3. every arm is pulled three times first where
rewards are Gaussian, once where they are 0 or 1.

**Shapes**: n instances, k arms.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._arms import IndexPolicy, Tally, known_mean, mean_of, only_regret, plays_of, variance_of

HALVINGS = 20  # bisections of [mean, 1], exact to 1e-6
LARGEST = 60.0  # of the exponent, so that the first indices stay finite in single precision


class KLUCB(IndexPolicy):
    """The variance is profiled out (Gaussian) or follows from the mean (0/1)."""

    c: float = 1.0  # factor of log t; 1 is published

    space = {"c": (0.05, 0.1, 0.25, 0.5, 0.7, 1.0)}

    def fits(self, spec) -> str | None:
        return only_regret(spec)

    def value(self, state: Tally) -> jax.Array:
        return known_mean(state)

    def index(self, state: Tally, key: jax.Array) -> jax.Array:
        level = self.c * jnp.log(plays_of(state))
        n = state.pulls
        if self.spec.rewards == "bernoulli":
            return jnp.where(n > 0, largest_mean(mean_of(state), level / jnp.maximum(n, 1)), jnp.inf)
        growth = jnp.exp(jnp.minimum(2 * level / jnp.maximum(n - 2, 1), LARGEST))
        return jnp.where(n > 2, mean_of(state) + jnp.sqrt(variance_of(state) * (growth - 1)), jnp.inf)


def largest_mean(p: jax.Array, level: jax.Array) -> jax.Array:
    """The largest q with KL(Bernoulli p, Bernoulli q) <= level: [...]."""

    def halve(_: int, ends: tuple) -> tuple:
        low, high = ends
        q = (low + high) / 2
        fine = divergence(p, q) <= level
        return jnp.where(fine, q, low), jnp.where(fine, high, q)

    return jax.lax.fori_loop(0, HALVINGS, halve, (p, jnp.ones_like(p)))[0]


def divergence(p: jax.Array, q: jax.Array) -> jax.Array:
    """KL(Bernoulli p, Bernoulli q) in nats: [...]."""
    return jax.scipy.special.rel_entr(p, q) + jax.scipy.special.rel_entr(1 - p, 1 - q)
