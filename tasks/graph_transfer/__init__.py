"""Label and embed the nodes of graphs that were never seen, after learning on other graphs.

A learner answers one of two questions. `NodeScorer`: the classes of a new graph's nodes, of which a few labels are
known. `Embedder`: vectors of a new graph's nodes, without any label; the study itself reads classes, links and clusters
off them. Training graphs are handed over as constants; a step names one of them.

Shapes: g training graphs, t test graphs, n nodes, d features, c classes, h numbers of an embedding.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks.graphs import HIDDEN


@dataclass(frozen=True)
class Spec:
    """Sizes: nodes, features and classes of a graph (at most, where graphs differ), and the width of networks.

    Attributes:
      family: whether there are many training graphs of one kind, or a single one.
    """

    nodes: int
    features: int
    classes: int
    width: int
    family: bool


class Graph(NamedTuple):
    """What is public of a graph.

    Attributes:
      edges: 1 where two nodes are linked, float [n, n], symmetric, without loops.
      x: features [n, d].
      y: labels int32 [n], HIDDEN where they aren't known.
    """

    edges: jax.Array
    x: jax.Array
    y: jax.Array


class NodeScorer(Protocol):
    """What a classifier of nodes answers."""

    def node_scores(self, state: Any, graph: Graph) -> jax.Array:
        """Scores [n, c] of the classes for every node of a new graph, higher is better."""


class Embedder(Protocol):
    """What an encoder answers."""

    def embed(self, state: Any, graph: Graph) -> jax.Array:
        """Vectors [n, h] of the nodes of a new graph; no label is known."""


def labelled(graph: Graph) -> jax.Array:
    """1 for nodes whose label is known, float [n]."""
    return (graph.y != HIDDEN).astype(graph.x.dtype)


def one_hot_labels(graph: Graph, classes: int) -> jax.Array:
    """Known labels as rows [n, c] with a single 1, and rows of 0 for the others."""
    return jax.nn.one_hot(graph.y, classes)


def cross_entropy(scores: jax.Array, targets: jax.Array) -> jax.Array:
    """Mean of -log softmax(scores) [n, c] at the labels of the rows of `targets` [n, c] that have one."""
    return -(targets * jax.nn.log_softmax(scores, axis=-1)).sum() / jnp.maximum(targets.sum(), 1.0)
