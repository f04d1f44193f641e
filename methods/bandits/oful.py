"""Optimism for linear rewards: one ridge regression on all rounds, and a radius for the largest noise.

**Source**: Abbasi-Yadkori, Pál and Szepesvári, "Improved Algorithms for Linear Stochastic Bandits", 2011,
https://papers.nips.cc/paper/4417-improved-algorithms-for-linear-stochastic-bandits (OFUL).

    a = argmax_a x_a . theta + r |x_a|_{V^-1}
    r = c sigma sqrt(d log(1 + t / (lam d)) + 2 log(1 / delta)) + sqrt(lam) S

**Differs from the paper**: 1. log det V is replaced by its bound. 2. the noise's part of the radius has a tuned factor
c; c = 1 is the theory's. 3. delta = 0.05.

**Shapes**: n instances, k arms, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._linear import Optimist, Ridge, radius
from toybench.tasks.bandits._linear import LinearRound


class OFUL(Optimist):
    """Doesn't look at the noise level of a round."""

    def weigh(self, state: Ridge, batch: LinearRound) -> jax.Array:
        return jnp.ones_like(batch.response)

    def extent(self, state: Ridge) -> jax.Array:
        return radius(state.weight, self.spec.dim, self.c * self.spec.noise, self.lam, self.spec.norm)
