"""A correctness classifier trained with cost-sensitive cross-entropy; accept where the score is positive.

**Source**: cost-sensitive learning as in Elkan, "The Foundations of Cost-Sensitive Learning", 2001 (the
weights of its two kinds of error, from its theorem on optimal decisions).

    minimise  E[ (1 - c) 1[a = -1] log(1 + e^r) + c 1[a = 1] log(1 + e^-r) ],      r* = 0 where P(wrong | x) = c

**Differs from the paper**: nothing.

**Shapes**: b points, f features.
"""

import jax
import jax.numpy as jnp

from toybench.methods.conformal._rejector import LinearRejector


class WeightedCorrectnessClassifier(LinearRejector):
    """The simple way to put the cost into the loss, with the threshold at 0."""

    def losses(self, score: jax.Array, correct: jax.Array) -> jax.Array:
        return jnp.where(correct < 0, 1 - self.given, self.given) * jax.nn.softplus(-correct * score)

    def bar(self, score: jax.Array, correct: jax.Array) -> jax.Array:
        return jnp.zeros(())
