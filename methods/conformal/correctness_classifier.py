"""A classifier of the predictor's correctness, trained with cross-entropy; accept where it is sure enough.

**Source**: the cross-entropy baseline of Mohri, Andor, Choi, Collins, Mao and Zhong, "Learning to Reject with a Fixed
Predictor: Application to Decontextualization", 2023, https://arxiv.org/abs/2301.09044; the rule is Chow's, "On Optimum
Recognition Error and Reject Tradeoff", 1970.

    p(x) = sigmoid(w . phi(x)) estimates P(right | x);      accept iff 1 - p(x) < c

**Differs from the paper**: 1. fitted exactly on two inputs instead of fine-tuning a language model.

**Shapes**: b points, f features.
"""

import jax
import jax.numpy as jnp

from toybench.methods.conformal._rejector import LinearRejector


class CorrectnessClassifier(LinearRejector):
    """Consistent if the class of functions is rich; its threshold follows from the cost."""

    def losses(self, score: jax.Array, correct: jax.Array) -> jax.Array:
        return jax.nn.softplus(-correct * score)

    def bar(self, score: jax.Array, correct: jax.Array) -> jax.Array:
        return jnp.log1p(-self.given) - jnp.log(self.given)
