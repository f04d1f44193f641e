"""The correctness classifier with its threshold chosen for the least rejection loss on the labelled points.

**Source**: the cross-entropy baseline of Mohri, Andor, Choi, Collins, Mao and Zhong, "Learning to Reject with a Fixed
Predictor: Application to Decontextualization", 2023, https://arxiv.org/abs/2301.09044, who sweep its threshold.

    accept iff w . phi(x) > t,      t = argmin_t  sum_i 1[a_i = -1, s_i > t] + c 1[s_i <= t]

**Differs from the paper**: 1. one threshold for a cost instead of a curve over thresholds. 2. fitted exactly on two
inputs.

**Shapes**: b points, f features.
"""

import jax

from toybench.methods.conformal._rejector import LinearRejector, cheapest


class CorrectnessClassifierTuned(LinearRejector):
    """Needs the estimated probabilities for their order only."""

    def losses(self, score: jax.Array, correct: jax.Array) -> jax.Array:
        return jax.nn.softplus(-correct * score)

    def bar(self, score: jax.Array, correct: jax.Array) -> jax.Array:
        return cheapest(score, correct, self.given)
