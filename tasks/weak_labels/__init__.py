"""Label points of which no true label is known, from voters that are often wrong and the places of the points.

A learner answers one question, `labels`: scores of two classes for points and what the voters say of them. It is given
all points, all votes and how often each voter errs. That is the most that bounds on errors can tell.

Shapes: n points, d features, m voters.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


@dataclass(frozen=True)
class Spec:
    """Sizes: features of a point, and voters."""

    features: int
    voters: int


class Votes(NamedTuple):
    """What is public.

    Attributes:
      x: points [n, d].
      votes: 1 where a voter says class 1, else 0: float [n, m].
      errors: chance of each voter to err, [m], strictly between 0 and 1/2.
    """

    x: jax.Array
    votes: jax.Array
    errors: jax.Array


class Labeller(Protocol):
    """Whoever labels points."""

    def labels(self, state: Any, x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
        """Scores [n, 2] of the classes for points [n, d] with votes [n, m], higher is better."""


def vote_log_odds(votes: jax.Array, errors: jax.Array) -> jax.Array:
    """Log-odds [n] of class 1 by votes [n, m] of voters that err on their own: the sum of log (1 - e) / e, signed."""
    return (2 * votes - 1) @ jnp.log((1 - errors) / errors)


def as_scores(log_odds: jax.Array) -> jax.Array:
    """Scores [n, 2] from log-odds [n] of class 1."""
    return jnp.stack([-log_odds, log_odds], axis=1)
