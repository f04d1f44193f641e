"""Learning Boolean functions from a part of their inputs: what does a learner say about the rest?

Each family of problems asks its own question (the protocols below), so that a method runs where it can answer. The
training set is public (`given`), and no batches come: a learner picks from it what it trains on, in the order it
likes, which is what a curriculum is.

Shapes: d bits of -1 and 1, n points, i training sets side by side, t positions of a string.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


@dataclass(frozen=True)
class CubeSpec:
    """How many bits, points seen of each training set, and training sets there are."""

    dims: int
    points: int
    sets: int = 1


class Points(NamedTuple):
    """Training points x [n, d] and what the function is there, y [n]; or [i, n, d] and [i, n] for several sets."""

    x: jax.Array
    y: jax.Array


class Interpolator(Protocol):
    """Extends a real function from the points seen to the whole cube, once for each training set."""

    def values(self, state: Any, x: jax.Array) -> jax.Array:
        """Values [i, n] at the points [n, d]."""


class ParityLearner(Protocol):
    """Predicts a product of some of the bits."""

    def margin(self, state: Any, x: jax.Array) -> jax.Array:
        """Scores [n] of the points [n, d], whose signs are the predictions."""


class GateLearner(Protocol):
    """Predicts a gate of two noisy bits."""

    def probability(self, state: Any, x: jax.Array) -> jax.Array:
        """Outputs [n] in [0, 1] at the points [n, 2]; above 1/2 the gate is open."""


@dataclass(frozen=True)
class SumSpec:
    """Length of the strings, positions that count, and the symbols' modulus, which is also the number of labels."""

    positions: int
    support: int
    modulus: int


class Strings(NamedTuple):
    """Strings and labels of the task, and of easier ones.

    Attributes:
      tokens: strings int32 [n, t], and their labels [n].
      easy: strings of zeros and ones int32 [n, t].
      easy_labels: their sums modulo 2 at the positions that count, [n].
      other_labels: their sums modulo 2 at as many other positions, [n].
    """

    tokens: jax.Array
    labels: jax.Array
    easy: jax.Array
    easy_labels: jax.Array
    other_labels: jax.Array


class SumLearner(Protocol):
    """Adds symbols at some of the positions of a string."""

    def scores(self, state: Any, tokens: jax.Array) -> jax.Array:
        """Scores [n, modulus] of the labels of strings [n, t]."""

    def attention(self, state: Any, tokens: jax.Array) -> jax.Array:
        """Weight [n, t] of each position of the strings [n, t], 1 in all."""


class Table(NamedTuple):
    """A reference that knows its values [i, N] on the whole cube."""

    table: jax.Array

    def values(self, x: jax.Array) -> jax.Array:
        """The whole table: it is asked about the whole cube only."""
        return self.table
