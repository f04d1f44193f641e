"""Votes weighted by the log-odds of their being right: Bayes' rule for independent voters.

**Source**: Nitzan and Paroush, "Optimal Decision Rules in Uncertain Dichotomous Choice Situations", 1982,
https://doi.org/10.2307/2526438, the textbook rule.

    score = softmax_c sum_v log((1 - e_v) / e_v) 1[vote_v = c]

**Differs from the paper**: nothing; it is a control.

**Shapes**: n points, v voters, c classes.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.weak_labels import weighted_scores


class WeightedVote(Method):
    """Knows the error rates, and doesn't look at the points."""

    deterministic = True

    def labels(self, state: Any, x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
        return weighted_scores(votes, self.given.errors)
