"""Decline to answer: given a fixed predictor, decide where to accept its answer and where to pay for rejecting it.

Accepting a wrong answer costs 1, a right one nothing, rejecting costs c. Only whether the predictor was right is seen.
Shapes: b points, f features.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


class SelectivePrediction(Protocol):
    """What a learner of this family answers."""

    def accept_score(self, state: Any, x: jax.Array, confidence: jax.Array) -> jax.Array:
        """Points x [b, 2] and the predictor's confidence [b] in (0, 1) to scores [b]: accept where it is above 0."""


@dataclass(frozen=True)
class SelectionSpec:
    """What a method may know: how many labelled points there are, and the class of functions for a rejector."""

    points: int
    rejector: str  # linear or quadratic

    def features(self, x: jax.Array) -> jax.Array:
        """Points [b, 2] to features [b, f] in which the rejector is linear."""
        first = x[:, 0]
        second = x[:, 1]
        columns = [jnp.ones(len(x)), first, second]
        if self.rejector == "quadratic":
            columns += [first**2, first * second, second**2]
        return jnp.stack(columns, axis=1)


class Judged(NamedTuple):
    """The batch: points [b, 2], the predictor's confidence [b], and whether it was right, float [b] of -1 and 1."""

    x: jax.Array
    confidence: jax.Array
    correct: jax.Array
