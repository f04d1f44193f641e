"""Thompson sampling for Gaussian rewards of known variance: play the best arm of a draw from the posterior.

**Source**: Thompson, "On the Likelihood that One Unknown Probability Exceeds Another in View of the Evidence of Two
Samples", 1933, https://doi.org/10.1093/biomet/25.3-4.285; Gaussian form and use of the largest variance as in the
baseline of Saha and Kveton, "Only Pay for What Is Uncertain", 2023, https://arxiv.org/abs/2303.09033.

    mu_a ~ N((k m + n_a xbar_a) / (k + n_a), sigma_a^2 / (k + n_a)),   k, m: the prior

**Differs from the paper**: 1. the known standard deviation is, by name: `max` the largest of an instance's arms, `mean`
the root of the prior's expected variance, `true` each arm's own, which no learner of the problem has.

**Shapes**: n instances, k arms.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._arms import IndexPolicy, Tally


class GaussianTS(IndexPolicy):
    """Learns means only."""

    sigma: str = "max"  # max, mean or true: which standard deviation it takes for known

    def deviation(self) -> jax.Array:
        """Standard deviations taken for known: [n, k] or [n, 1]."""
        _, _, a, b = self.spec.prior
        if self.sigma == "true":
            return self.given.each
        bound = self.given.bound[:, None]
        return bound if self.sigma == "max" else jnp.full_like(bound, (b / (a - 1)) ** 0.5)

    def value(self, state: Tally) -> jax.Array:
        m, k, _, _ = self.spec.prior
        return (k * m + state.total) / (k + state.pulls)

    def index(self, state: Tally, key: jax.Array) -> jax.Array:
        z = jax.random.normal(key, state.pulls.shape)
        return self.value(state) + self.deviation() / jnp.sqrt(self.spec.prior[1] + state.pulls) * z
