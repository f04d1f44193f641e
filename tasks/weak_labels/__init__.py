"""Label points from the votes of weak labellers whose error rates are known, without any true label.

A learner answers a score for every class at given points with given votes.

Shapes: n points, d features, v voters, c classes.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

CLASSES = 2


class Labeller(Protocol):
    """What a learner of this study answers."""

    def labels(self, state: Any, x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
        """Scores [n, c] of points [n, d] with votes int32 [n, v], the larger the likelier; noise from the key."""


@dataclass(frozen=True)
class Spec:
    """What a method may know: features and voters."""

    dims: int
    voters: int


class Batch(NamedTuple):
    """Points [b, d] and their votes, classes int32 [b, v]."""

    x: jax.Array
    votes: jax.Array


class Given(NamedTuple):
    """All training points [n, d] and votes int32 [n, v], and the voters' error rates [v]."""

    x: jax.Array
    votes: jax.Array
    errors: jax.Array


def one_hot(votes: jax.Array) -> jax.Array:
    """Votes int32 [n, v] as [n, v, c]."""
    return jax.nn.one_hot(votes, CLASSES)


def log_odds(errors: jax.Array) -> jax.Array:
    """Weights [v] of independent voters with these error rates, as in Bayes' rule."""
    return jnp.log((1 - errors) / errors)


def weighted_scores(votes: jax.Array, errors: jax.Array) -> jax.Array:
    """Probabilities [n, c] of the classes given votes int32 [n, v], if voters were independent."""
    return jax.nn.softmax(jnp.einsum("nvc,v->nc", one_hot(votes), log_odds(errors)), axis=-1)
