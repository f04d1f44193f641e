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

from toybench.methods.conformal._risk import CalibrationOnly, Sums


class RCPSHoeffdingBentkus(CalibrationOnly):
    """Nearly exact for 0/1 losses, valid for all."""

    delta: float = 0.1  # probability of exceeding the risk; the paper's value

    def feasible(self, state: Sums) -> jax.Array:
        n, alpha = self.spec.points, self.given
        risk = state.total / n
        low = jnp.clip(jnp.minimum(risk, alpha), 1e-7, 1.0)
        kl = low * jnp.log(low / alpha) + (1 - low) * jnp.log1p(-low) - (1 - low) * jnp.log1p(-alpha)
        at = jnp.ceil(state.total - 1e-4).astype(jnp.int32)
        p = jnp.minimum(jnp.exp(-n * kl), math.e * below(n, alpha)[at])
        return (p <= self.delta) & (state.weight > 0)


def below(n: int, p: jax.Array) -> jax.Array:
    """P(Binomial(n, p) <= i) for i = 0 .. n: [n + 1]."""
    i = jnp.arange(n + 1.0)
    lgamma = jax.scipy.special.gammaln
    mass = lgamma(n + 1.0) - lgamma(i + 1) - lgamma(n - i + 1) + i * jnp.log(p) + (n - i) * jnp.log1p(-p)
    return jnp.minimum(jnp.cumsum(jnp.exp(mass)), 1.0)
