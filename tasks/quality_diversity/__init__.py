"""Search for policies that are rewarded where rewards are sparse, and for all the ways to be rewarded.

A `Searcher` answers with the weights of the policies to evaluate next. It is then shown how each of them ended: as an
image, as the two numbers that a person would describe it by, and by its reward, which is nearly always 0.

Shapes: m proposals a step, w weights of a policy, d pixels of an image.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


class Searcher(Protocol):
    """Looks for policies that are rewarded."""

    def propose(self, state: Any, key: jax.Array) -> jax.Array:
        """Weights of the policies to evaluate now: [m, w]."""


@dataclass(frozen=True)
class SearchSpec:
    """Sizes: proposals a step, weights of a policy, pixels of an image."""

    proposals: int
    weights: int
    pixels: int


class Outcome(NamedTuple):
    """What came of the proposals.

    Attributes:
      theta: the weights, [m, w].
      image: of the end, [m, d].
      place: where the hand ended, in [-1, 1]^2, for methods that say that they use it, [m, 2].
      reward: [m], 0 outside the rewarded areas.
    """

    theta: jax.Array
    image: jax.Array
    place: jax.Array
    reward: jax.Array


class Known(NamedTuple):
    """A reference whose metrics are known."""

    metrics: dict[str, jax.Array]
