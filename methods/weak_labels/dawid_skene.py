"""Dawid and Skene's expectation maximisation: confusion matrices of the voters and classes of the points in turn.

**Source**: Dawid and Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm", 1979,
https://doi.org/10.2307/2346806, section 3, equations (2.3) to (2.5).

    pi_v[c, k] = sum_n p_n(c) 1[vote_nv = k] / sum_n p_n(c),    p_n(c) ~ q(c) prod_v pi_v[c, vote_nv]

**Differs from the paper**: 1. it starts at the weighted vote, as the error rates are known here. 2. half a count is
added to every entry of a confusion matrix.

**Shapes**: n points, v voters, c classes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.weak_labels import one_hot, weighted_scores

ROUNDS = 50  # of expectation and maximisation
PRIOR = 0.5  # counts added


class Params(NamedTuple):
    """Logarithms of the confusion matrices [v, c, c], class by vote, and of the classes' shares [c]."""

    confusion: jax.Array
    share: jax.Array


class State(NamedTuple):
    """What was fitted to the training votes."""

    params: Params


class DawidSkene(Method):
    """Doesn't look at the points."""

    deterministic = True

    def init(self, key: jax.Array) -> State:
        votes = one_hot(self.given.votes)

        def round_(belief: jax.Array, _: None) -> tuple[jax.Array, None]:
            return expect(maximise(belief, votes), votes), None

        belief, _ = jax.lax.scan(round_, weighted_scores(self.given.votes, self.given.errors), None, length=ROUNDS)
        return State(params=maximise(belief, votes))

    def labels(self, state: State, x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
        return expect(state.params, one_hot(votes))


def maximise(belief: jax.Array, votes: jax.Array) -> Params:
    """Confusion matrices and shares from beliefs [n, c] and votes [n, v, c]."""
    counts = jnp.einsum("nc,nvk->vck", belief, votes) + PRIOR
    return Params(confusion=jnp.log(counts / counts.sum(-1, keepdims=True)), share=jnp.log(belief.mean(0)))


def expect(params: Params, votes: jax.Array) -> jax.Array:
    """Beliefs [n, c] given votes [n, v, c]."""
    return jax.nn.softmax(jnp.einsum("nvk,vck->nc", votes, params.confusion) + params.share[None, :], axis=-1)
