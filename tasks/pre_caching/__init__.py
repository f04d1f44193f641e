"""Learning to predict along a stream: is work done at a token that only later tokens need?

A learner is shown tokens and predicts an output at each of them, from that token and those before it alone. It also
shows its state of every token, in which the study looks for what only later tokens need.

Shapes: b streams, t tokens, n features of a token, c outputs, d numbers of a state.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import optax


@dataclass(frozen=True)
class TextSpec:
    """Sizes, and what an error costs: `squares` of numbers, or `nats` of a class among several.

    Attributes:
      window: how many tokens an output depends on, the token itself among them.
    """

    features: int
    outputs: int
    length: int
    window: int
    cost: str


class Text(NamedTuple):
    """Tokens x [b, t, n] and what is right at each of them, y [b, t, c]: numbers, or the chances of classes."""

    x: jax.Array
    y: jax.Array


class Reader(Protocol):
    """What a learner of this study answers."""

    def predict(self, state: Any, x: jax.Array) -> jax.Array:
        """Numbers or logits [b, t, c] at every token of x [b, t, n]; no token sees a later one."""

    def hidden(self, state: Any, x: jax.Array) -> jax.Array:
        """State [b, t, d] of every token after the learner's first layer."""


def cost(spec: TextSpec, answer: jax.Array, y: jax.Array) -> jax.Array:
    """Cost [b, t] of answers [b, t, c]: squared error, or cross-entropy."""
    if spec.cost == "squares":
        return ((answer - y) ** 2).sum(-1)
    return optax.softmax_cross_entropy(answer, y)
