"""Votes and places together: a linear classifier is the prior, the voters speak for themselves, and EM fits it.

**Source**: a control; EM for a classifier and annotators as in Raykar et al., "Learning From Crowds", 2010 (from
memory), with the annotators' errors known.

    q_i = sigmoid(w . [x_i, 1] + sum_j (2 v_ij - 1) log (1 - e_j) / e_j);    w <- the logistic regression on q

**Differs from the paper**: 1. errors are given, as they are to every method here, and stay.

**Shapes**: n points, d features, m voters.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.weak_labels._logistic import PENALTIES, fit_logistic, log_odds
from toybench.tasks.weak_labels import as_scores, vote_log_odds

ROUNDS = 40  # of EM; after twenty no label changes on these tasks


class VotesAndPoints(Method):
    """Bayes' rule with a prior that is learned."""

    penalty: float = 1.0  # on squared slopes, above 0

    deterministic = True
    space = {"penalty": PENALTIES}

    def init(self, key: jax.Array) -> jax.Array:
        votes = vote_log_odds(self.given.votes, self.given.errors)

        def refit(w: jax.Array, _: None) -> tuple[jax.Array, None]:
            chance = jax.nn.sigmoid(log_odds(w, self.given.x) + votes)
            return fit_logistic(self.given.x, chance, self.penalty), None

        w, _ = jax.lax.scan(refit, jnp.zeros(self.spec.features + 1), None, length=ROUNDS)
        return w

    def labels(self, state: jax.Array, x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
        return as_scores(log_odds(state, x) + vote_log_odds(votes, self.given.errors))
