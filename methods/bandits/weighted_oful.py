"""OFUL on a regression whose rounds are weighted by the inverse of their noise's variance.

**Source**: Zhou, Gu and Szepesvári, "Nearly Minimax Optimal Reinforcement Learning for Linear Mixture Markov Decision
Processes", 2021, https://arxiv.org/abs/2012.08507 (weighted OFUL); Kirschner and Krause, 2018, for the weights.

    V = lam I + sum_s x_s x_s' / sigma_s^2

**Differs from the paper**: 1. the radius is OFUL's for noise 1, with the sum of the weights in the place of the number
of rounds, and a tuned factor c; the authors' has Bernstein terms.

**Shapes**: n instances, k arms, d dimensions.
"""

import jax

from toybench.methods.bandits._linear import Optimist, Ridge, radius
from toybench.tasks.bandits._linear import LinearRound


class WeightedOFUL(Optimist):
    """Needs linearity: a weighted likelihood has no such form for other links."""

    def weigh(self, state: Ridge, batch: LinearRound) -> jax.Array:
        return batch.sigma**-2

    def extent(self, state: Ridge) -> jax.Array:
        return radius(state.weight, self.spec.dim, self.c, self.lam, self.spec.norm)
