"""OFUL whose radius grows by what an error of the model can add up to over the rounds.

**Source**: Lattimore, Szepesvári and Weisz, "Learning with Good Feature Representations in Bandits and in RL with a
Generative Model", 2020, https://arxiv.org/abs/1911.07676 (the enlarged radius for contextual linear bandits).

    r = c sigma sqrt(d log(1 + t / (lam d)) + 2 log(1 / delta)) + sqrt(lam) S + zeta sqrt(t)

**Differs from the paper**: 1. as for `oful`: a tuned factor c, and a bound in the place of log det V.

**Shapes**: n instances, k arms, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._linear import Optimist, Ridge, radius
from toybench.tasks.bandits._linear import LinearRound


class OFULMisspecified(Optimist):
    """Told zeta: its confidence set holds although the model is wrong, and never gets small."""

    def weigh(self, state: Ridge, batch: LinearRound) -> jax.Array:
        return jnp.ones_like(batch.response)

    def extent(self, state: Ridge) -> jax.Array:
        linear = radius(state.weight, self.spec.dim, self.c * self.spec.noise, self.lam, self.spec.norm)
        return linear + self.spec.zeta * jnp.sqrt(state.used)
