"""Calibrate the predictor's confidence on the labelled points, then accept by its estimated error.

**Source**: Platt, "Probabilistic Outputs for Support Vector Machines and Comparisons to Regularized Likelihood
Methods", 1999; temperature scaling with a bias.

    p(x) = sigmoid(w logit(confidence(x)) + b),      accept iff 1 - p(x) < c

**Differs from the paper**: nothing.

**Shapes**: b points, f features.
"""

import jax
import jax.numpy as jnp

from toybench.methods.conformal.correctness_classifier import CorrectnessClassifier


class CalibratedConfidence(CorrectnessClassifier):
    """Honest about the error on average, blind to where it lies."""

    def features(self, x: jax.Array, confidence: jax.Array) -> jax.Array:
        return jnp.stack([jnp.ones(len(confidence)), jnp.log(confidence) - jnp.log1p(-confidence)], axis=1)
