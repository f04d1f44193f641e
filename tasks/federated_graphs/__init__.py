"""Learn on graphs that lie with several clients, who share models and not nodes.

A learner answers two questions: the class of every node of every client (`node_scores`), and how much each client took
from each other one when models were last mixed (`shares`). One update is one round: models are mixed, then every client
takes a few gradient steps on its own labels.

Shapes: k clients, n nodes of a client, d features, c classes.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


@dataclass(frozen=True)
class Spec:
    """Sizes, and how many steps a client takes in a round."""

    clients: int
    nodes: int
    features: int
    classes: int
    local_steps: int


class Clients(NamedTuple):
    """Every client's graph.

    Attributes:
      edges: [k, n, n], 0 or 1, symmetric; none between clients.
      x: features [k, n, d].
      y: labels int32 [k, n], `HIDDEN` where they are to be told.
    """

    edges: jax.Array
    x: jax.Array
    y: jax.Array


class Federation(Protocol):
    """Models of all clients."""

    def node_scores(self, state: Any) -> jax.Array:
        """A score [k, n, c] of every class for every node, by its own client's model."""

    def shares(self, state: Any) -> jax.Array:
        """Weight [k, k] that client i (row) gives to what client j learned."""
