"""Votes that count by their log-odds: Bayes' rule for voters that err on their own.

**Source**: a control, the optimal weights of Nitzan and Paroush, "Optimal Decision Rules in Uncertain Dichotomous
Choice Situations", 1982 (from memory).

    log-odds of class 1 = sum_j (2 v_j - 1) log (1 - e_j) / e_j

**Differs from the paper**: nothing.

**Shapes**: n points, m voters.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.weak_labels import as_scores, vote_log_odds


class WeightedVote(Method):
    """Voters count by what they err."""

    deterministic = True

    def labels(self, state: Any, x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
        return as_scores(vote_log_odds(votes, self.given.errors))
