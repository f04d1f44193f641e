"""Thompson sampling that draws each arm's variance as well as its mean, from a normal-gamma posterior.

**Source**: Saha and Kveton, "Only Pay for What Is Uncertain: Variance-Adaptive Thompson Sampling", 2023,
https://arxiv.org/abs/2303.09033 (VarTS, unknown variances; abstract and introduction could be read).

    k_n = k + n,  m_n = (k m + n xbar) / k_n,  a_n = a + n / 2
    b_n = b + n v / 2 + k n (xbar - m)^2 / (2 k_n)                   v: mean squared deviation of the rewards
    tau ~ Gamma(a_n, b_n),  mu ~ N(m_n, 1 / (k_n tau)),  pull argmax mu

**Differs from the paper**: 1. gamma draws by three proposals (see `tasks.bandits.gamma`). 2. `shape` replaces the
shape a of the prior of precisions and keeps its expected variance b / (a - 1).

**Shapes**: n instances, k arms.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._arms import IndexPolicy, Tally, mean_of, only_regret, variance_of
from toybench.tasks.bandits import gamma


class VarTS(IndexPolicy):
    """Told the prior of means and variances, learns both."""

    shape: float = 0.0  # a of the prior that is believed, above 1; 0 takes the problem's

    paper = "saha2023only"

    def fits(self, spec) -> str | None:
        return only_regret(spec)

    def posterior(self, state: Tally) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
        """(m_n, k_n, a_n, b_n), each [n, k]."""
        m, k, told, told_rate = self.spec.prior
        a = jnp.where(self.shape > 0, self.shape, told)
        b = jnp.where(self.shape > 0, told_rate / (told - 1) * (self.shape - 1), told_rate)
        n = state.pulls
        rate = b + 0.5 * n * variance_of(state) + 0.5 * k * n * (mean_of(state) - m) ** 2 / (k + n)
        return (k * m + state.total) / (k + n), k + n, a + 0.5 * n, rate

    def value(self, state: Tally) -> jax.Array:
        return self.posterior(state)[0]

    def index(self, state: Tally, key: jax.Array) -> jax.Array:
        first, second = jax.random.split(key)
        m, k, a, b = self.posterior(state)
        tau = gamma(first, a) / b
        return m + jax.random.normal(second, m.shape) / jnp.sqrt(k * tau)
