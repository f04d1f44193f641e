"""The pair that tells most, among the contexts that may still be the best.

**Source**: Saha, "Optimal Algorithms for Stochastic Contextual Preference Bandits", 2021,
https://papers.nips.cc/paper/2021/hash/fc3cf452d3da8402bebb765225ce8c0e-Abstract.html (maximum informative pair).

    plausible = { i : (x_i - x_j) . theta + c |x_i - x_j|_{V^-1} >= 0 for all j }
    (i, j) = argmax over plausible pairs of |x_i - x_j|_{V^-1}

**Differs from the paper**: 1. as for `colstim`: ridge penalty, one Newton step a round, width factor tuned on the same
grid. 2. where one context alone is plausible it meets itself, as for all duel methods.

**Shapes**: n instances, k contexts, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._duels import LinearDuelist, State, utility, width


class MaxInP(LinearDuelist):
    """Both contexts explore."""

    def pair(self, state: State, offer: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        apart = offer[:, :, None] - offer[:, None, :]
        # rounding must neither rule a context out nor tell it from itself
        same = jnp.eye(offer.shape[1], dtype=bool)[None]
        wide = jnp.where(same, 0.0, width(state, apart))
        plausible = (same | (utility(state, apart) + self.c * wide >= 0)).all(-1)
        both = plausible[:, :, None] & plausible[:, None, :]
        best = jnp.argmax(jnp.where(both, wide, -1.0).reshape(len(offer), -1), axis=-1)
        return best // offer.shape[1], best % offer.shape[1]
