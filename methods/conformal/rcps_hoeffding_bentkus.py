"""Risk-controlling prediction sets with the tighter of Hoeffding's and Bentkus' inequalities.

**Source**: Bates, Angelopoulos, Lei, Malik and Jordan, "Distribution-Free, Risk-Controlling Prediction Sets", 2021,
https://arxiv.org/abs/2101.02703 (Hoeffding-Bentkus bound).

    p(lambda) = min( exp(-n KL(min(R^, alpha) || alpha)),  e P(Binomial(n, alpha) <= ceil(n R^)) )
    lambda^ = inf { lambda : p(lambda') <= delta  for all lambda' >= lambda },      P(R(lambda^) <= alpha) >= 1 - delta

**Differs from the paper**: 1. lambda lies on a grid of 201 values. 2. the bound is inverted to a p-value, which gives
the same sets.

**Shapes**: r replicates, g sizes on the grid, n points.
"""

import math

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.conformal._risk import TIE, Sums, add_losses, first, needs_one_set, no_losses
from toybench.tasks.conformal._risk import Losses, RiskSpec

LEAST = 1e-7  # keeps the logarithm of a risk of 0 finite; its weight in the divergence is 0


class RCPSHoeffdingBentkus(Method):
    """Nearly exact for 0/1 losses, valid for all."""

    delta: float = 0.1  # probability of exceeding the risk; the paper's value

    deterministic = True

    def fits(self, spec: RiskSpec) -> str | None:
        return needs_one_set(spec)

    def init(self, key: jax.Array) -> Sums:
        return no_losses(self.spec)

    def update(self, state: Sums, batch: Losses, key: jax.Array) -> Sums:
        return add_losses(state, batch.loss)

    def size_index(self, state: Sums) -> jax.Array:
        n = self.spec.points
        hoeffding = jnp.exp(-n * divergence(jnp.minimum(state.total / n, self.given), self.given))
        caught = jnp.ceil(state.total - TIE).astype(jnp.int32)
        bentkus = math.e * below(n, self.given)[caught]
        return first((jnp.minimum(hoeffding, bentkus) <= self.delta) & (state.weight > 0))


def divergence(low: jax.Array, alpha: jax.Array) -> jax.Array:
    """KL(Bernoulli(low) || Bernoulli(alpha))."""
    low = jnp.clip(low, LEAST, 1.0)
    return low * jnp.log(low / alpha) + (1 - low) * (jnp.log1p(-low) - jnp.log1p(-alpha))


def below(n: int, p: jax.Array) -> jax.Array:
    """P(Binomial(n, p) <= i) for i = 0 .. n: [n + 1]."""
    i = jnp.arange(n + 1.0)
    lgamma = jax.scipy.special.gammaln
    ways = lgamma(n + 1.0) - lgamma(i + 1) - lgamma(n - i + 1)
    mass = ways + i * jnp.log(p) + (n - i) * jnp.log1p(-p)
    return jnp.minimum(jnp.cumsum(jnp.exp(mass)), 1.0)
