"""Recommend items to users from what they liked before, and from nothing else.

A learner answers one question: `item_scores`, how much each user would like each item. It is given the matrix of known
likes. Learners that descend are shown pairs of a liked item and another one for every user.

Shapes: u users, i items, p pairs a user and step.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


@dataclass(frozen=True)
class Spec:
    """Sizes, and how many numbers a learned vector has."""

    users: int
    items: int
    width: int


class Pairs(NamedTuple):
    """Items that a user is known to like, and others, int32 [u, p] each; row by row for every user."""

    liked: jax.Array
    others: jax.Array


class Recommender(Protocol):
    """Scores of the given likes' users and items; the given matrix is float [u, i], 1 for a known like, else 0."""

    def item_scores(self, state: Any) -> jax.Array:
        """A score [u, i] of every item for every user; only their order within a user counts."""
