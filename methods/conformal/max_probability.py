"""Accept where the predictor's own confidence is above a threshold chosen on the labelled points.

**Source**: the confidence baseline (MaxProb) of Mohri, Andor, Choi, Collins, Mao and Zhong, "Learning to Reject with a
Fixed Predictor: Application to Decontextualization", 2023, https://arxiv.org/abs/2301.09044.

    accept iff confidence(x) > t,      t = argmin_t  sum_i 1[a_i = -1, s_i > t] + c 1[s_i <= t]

**Differs from the paper**: 1. one threshold for a cost instead of a curve over thresholds.

**Shapes**: b points.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.conformal._rejector import cheapest
from toybench.tasks.conformal._selection import Judged


class MaxProbability(Method):
    """The state is the threshold, []."""

    deterministic = True

    def init(self, key: jax.Array) -> jax.Array:
        return jnp.full((), 0.5)

    def update(self, state: jax.Array, batch: Judged, key: jax.Array) -> jax.Array:
        return cheapest(batch.confidence, batch.correct, self.given)

    def accept_score(self, state: jax.Array, x: jax.Array, confidence: jax.Array) -> jax.Array:
        return confidence - state
