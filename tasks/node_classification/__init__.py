"""Name the class of every node of one graph, of which some labels are known.

A learner answers one question, `node_scores`. It is given the whole graph once, with the known labels, and nothing is
drawn: every update sees the same graph. Test nodes are those whose label is hidden. Tasks differ in how classes are
linked, in what is wrong with the edges, and in which nodes are labelled.

Shapes: n nodes, d features, c classes.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


@dataclass(frozen=True)
class NodeSpec:
    """Sizes, and what learners share: the width of every hidden layer, and how many graph layers there are."""

    nodes: int
    features: int
    classes: int
    width: int
    depth: int


class Graph(NamedTuple):
    """What is public.

    Attributes:
      edges: 1 where the node of the row receives from that of the column, else 0; float [n, n].
      reads: the edges for a network that knows no direction; symmetric where the task says so, [n, n].
      x: features [n, d].
      y: labels, int32 [n]; `blocks.graphs.HIDDEN` where a learner isn't to know it.
    """

    edges: jax.Array
    reads: jax.Array
    x: jax.Array
    y: jax.Array


class NodeClassifier(Protocol):
    """What a learner on a graph answers."""

    def node_scores(self, state: Any) -> jax.Array:
        """Log-odds of the classes for every node of the graph, up to a constant a node: [n, c]."""
