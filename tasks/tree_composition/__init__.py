"""What an expression with brackets comes to: can a learner find the tree, and compose along trees that it never saw?

A learner reads the tokens of an expression and says its value. Which tokens belong together follows from the brackets,
but it isn't told. Only a reference may look at the tree: the merges that a parser makes.

Shapes: b expressions, t tokens, v values.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


@dataclass(frozen=True)
class TreeSpec:
    """How many symbols there are, padding included as the last, and values."""

    symbols: int
    values: int


class Expressions(NamedTuple):
    """Expressions, padded.

    Attributes:
      tokens: symbols int32 [b, t].
      lengths: tokens without padding, int32 [b].
      merges: of the true tree, int32 [b, t - 1]: the place, among what is left then, of the left one of the two items
        that are merged.
      value: int32 [b].
    """

    tokens: jax.Array
    lengths: jax.Array
    merges: jax.Array
    value: jax.Array


class Composer(Protocol):
    """Values of expressions."""

    def values(self, state: Any, asked: Expressions) -> jax.Array:
        """Scores [b, v] of the values; what `asked` says of the value, and of merges, isn't for learners."""
