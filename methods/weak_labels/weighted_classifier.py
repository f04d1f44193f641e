"""A linear classifier of points, fitted to the weighted vote's chances as if they were labels.

**Source**: a control: train on averaged weak labels, then ask the classifier alone; the simplest of the methods that
Lu, Song, Arachie and Huang, 2023, compare with.

    w = argmin sum_i cross-entropy(sigmoid(w . [x_i, 1]), q_i) + penalty / 2 |slopes|^2

with q_i the weighted vote's chance of class 1.

**Differs from the paper**: 1. a linear model, which the classes' border is.

**Shapes**: n points, d features.
"""

import jax

from toybench import Method
from toybench.methods.weak_labels._logistic import PENALTIES, fit_logistic, log_odds
from toybench.tasks.weak_labels import as_scores, vote_log_odds


class WeightedClassifier(Method):
    """Places, after votes."""

    penalty: float = 1.0  # on squared slopes, above 0

    deterministic = True
    space = {"penalty": PENALTIES}

    def init(self, key: jax.Array) -> jax.Array:
        votes = vote_log_odds(self.given.votes, self.given.errors)
        return fit_logistic(self.given.x, jax.nn.sigmoid(votes), self.penalty)

    def labels(self, state: jax.Array, x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
        return as_scores(log_odds(state, x))
