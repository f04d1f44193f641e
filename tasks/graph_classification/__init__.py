"""Tell small graphs apart: by what an untrained network reads off them, or by a classifier trained on a few hundred.

A `Separator` answers one vector a graph, before any training: equal vectors mean that it can't tell two graphs apart.
A `Classifier` answers class scores of graphs. Its training set is given as a whole, so that a kernel solves for its
weights at the start; a network is told the rows of a minibatch at every step. Every network has `reach` layers or looks
along paths of `reach` edges, hidden width `width` and the same read-out.

Shapes: b graphs, r kinds of edges, n nodes, d features of a node, c classes, h numbers of a read-out.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks.graphs import HIDDEN


@dataclass(frozen=True)
class Spec:
    """What a learner may know beforehand.

    Attributes:
      nodes, features, relations, degree: n, d, r, and the most neighbours that a node has.
      classes, coarse: of the label that is asked, and of the secondary label (0: there is none).
      train, known, batch: training graphs, those whose label is known, rows of a minibatch.
      width, reach: hidden units, and edges that a learner may look along.
      pooling: how nodes become one vector: `sum`, or `mean_max` for the mean beside the maximum.
    """

    nodes: int
    features: int
    relations: int
    degree: int
    classes: int
    coarse: int
    train: int
    known: int
    batch: int
    width: int
    reach: int
    pooling: str


class Graphs(NamedTuple):
    """Undirected graphs, padded: edges [b, r, n, n], features x [b, n, d], mask [b, n] (1: the node exists)."""

    edges: jax.Array
    x: jax.Array
    mask: jax.Array


class Labelled(NamedTuple):
    """Graphs with labels y int32 [b], some HIDDEN, and secondary labels coarse int32 [b].

    options [b, c] are 1 for the classes between which a graph's label is decided: all of them, or a pair.
    """

    graphs: Graphs
    y: jax.Array
    coarse: jax.Array
    options: jax.Array


class Batch(NamedTuple):
    """Which of the given training graphs to learn from now: rows int32 [b]."""

    rows: jax.Array


class World(NamedTuple):
    """The training set as it is given, and the test set."""

    train: Labelled
    test: Labelled


class Separator(Protocol):
    """What an untrained learner reads off graphs."""

    def read_out(self, state: Any, graphs: Graphs) -> jax.Array:
        """One vector a graph: [b, h]."""


class Classifier(Protocol):
    """What a trained learner answers."""

    def predict(self, state: Any, graphs: Graphs) -> jax.Array:
        """Class scores [b, c], higher is better."""


def untyped(graphs: Graphs) -> jax.Array:
    """Edges [b, n, n] of any kind."""
    return graphs.edges.sum(1)


def taken(labelled: Labelled, rows: jax.Array) -> Labelled:
    """These rows of a labelled set."""
    return Labelled(*jax.tree.map(lambda a: a[rows], tuple(labelled)))


def accuracy(scores: jax.Array, y: jax.Array) -> jax.Array:
    """Share of graphs whose highest score [b, c] is that of their label [b]."""
    return (scores.argmax(-1) == y).astype(jnp.float32).mean()


def linked(first: jax.Array, second: jax.Array, kind: jax.Array, present: jax.Array, spec: Spec) -> jax.Array:
    """Edges [r, n, n] of one graph from a list: ends int32 [e] each, kind int32 [e], present float [e]."""
    empty = jnp.zeros((spec.relations, spec.nodes, spec.nodes))
    return empty.at[kind, first, second].add(present).at[kind, second, first].add(present)


def relabelled(graphs: Graphs, order: jax.Array) -> Graphs:
    """The same graphs with their nodes in another order, int32 [b, n]."""

    def one(graph: Graphs, places: jax.Array) -> Graphs:
        edges = graph.edges[:, places][:, :, places]
        return Graphs(edges=edges, x=graph.x[places], mask=graph.mask[places])

    return jax.vmap(one)(graphs, order)


def split(labelled: Labelled, train: int, known: int) -> World:
    """The first `train` graphs, of which the first `known` keep their labels, and the others as the test set."""
    y = jnp.where(jnp.arange(train) < known, labelled.y[:train], HIDDEN)
    first = taken(labelled, jnp.arange(train))._replace(y=y)
    return World(train=first, test=taken(labelled, jnp.arange(train, len(labelled.y))))
