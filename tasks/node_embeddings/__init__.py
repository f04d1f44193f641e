"""Tell nodes without features apart by where they sit and how they are wired.

A learner answers one of two questions. `NodeScores`: the class of every node of the one graph that it is given, with a
third of the labels. `OrbitCounts`: how often two nodes share a graphlet in given positions. Most methods make numbers
for nodes without labels; the study's ridge probe then reads them, the same for all.

A graphlet is a small connected induced subgraph, an orbit a set of its nodes that symmetry exchanges.
Shapes: n nodes, h numbers a node, c classes, o pairs of orbits, s random starts.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks.graphs import HIDDEN
from toybench.blocks.probes import apply_ridge, ridge, ridge_by_folds

Reader = Literal["ridge", "gcn"]

PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)  # of the probe, whose inputs have a mean square of 1
FOLDS = 4  # of the known nodes, to choose a penalty or an embedding
TINY = 1e-12  # the least mean square that embeddings are divided by


@dataclass(frozen=True)
class Spec:
    """Sizes, and what reads an embedding: the probe, or a graph convolutional network."""

    nodes: int
    classes: int
    reader: Reader = "ridge"


class Graph(NamedTuple):
    """Edges [n, n], 0 or 1, symmetric, and labels int32 [n], `HIDDEN` where they are to be told."""

    edges: jax.Array
    y: jax.Array


class NodeScores(Protocol):
    """Classes of the given graph's nodes."""

    def node_scores(self, state: Any) -> jax.Array:
        """A score [n, c] of every class, the highest for the likeliest."""


class Orbits(NamedTuple):
    """Two nodes of a graphlet: how many neighbours each has inside it, and whether they are linked."""

    graphlet: str
    first: int
    second: int
    linked: bool


GRAPHLETS = {
    "path": (1, 1, 2, 2),
    "claw": (1, 1, 1, 3),
    "square": (2, 2, 2, 2),
    "paw": (1, 2, 2, 3),
    "diamond": (2, 2, 3, 3),
    "clique": (3, 3, 3, 3),
}  # connected graphs of four nodes, by their nodes' degrees


PLACES = (
    ("edge", 1, 1, True),
    ("wedge", 1, 1, False),
    ("wedge", 1, 2, True),
    ("triangle", 2, 2, True),
    ("path", 1, 1, False),
    ("path", 1, 2, False),
    ("path", 1, 2, True),
    ("path", 2, 2, True),
    ("claw", 1, 1, False),
    ("claw", 1, 3, True),
    ("square", 2, 2, False),
    ("square", 2, 2, True),
    ("paw", 1, 2, False),
    ("paw", 1, 3, True),
    ("paw", 2, 2, True),
    ("paw", 2, 3, True),
    ("diamond", 2, 2, False),
    ("diamond", 2, 3, True),
    ("diamond", 3, 3, True),
    ("clique", 3, 3, True),
)  # every pair of positions in graphlets of up to four nodes, but for their order
ORBITS = tuple(Orbits(graphlet=name, first=a, second=b, linked=linked) for name, a, b, linked in PLACES)


class OrbitCounts(Protocol):
    """Graphlets that two nodes share."""

    def orbit_counts(self, state: Any, edges: jax.Array) -> jax.Array:
        """For each of ORBITS how many graphlets hold nodes i and j in these positions, in either order: [o, n, n]."""


def known(graph: Graph) -> jax.Array:
    """1 for nodes whose label is given, else 0: float [n]."""
    return (graph.y != HIDDEN).astype(graph.edges.dtype)


def targets(graph: Graph, classes: int) -> jax.Array:
    """One-hot labels [n, c], 0 where hidden."""
    return jax.nn.one_hot(graph.y, classes, dtype=graph.edges.dtype)


def scaled(embedding: jax.Array) -> jax.Array:
    """The same numbers [..., n, h] with a mean square of 1."""
    return embedding / jnp.sqrt(jnp.maximum((embedding**2).mean((-2, -1), keepdims=True), TINY))


def probe_scores(embedding: jax.Array, graph: Graph, classes: int) -> jax.Array:
    """Scores [n, c] of a ridge regression on one-hot labels, its penalty chosen by folds of the known nodes."""
    x = scaled(embedding)
    fitted, _ = ridge_by_folds(x, targets(graph, classes), known(graph), jnp.array(PENALTIES), FOLDS)
    return apply_ridge(fitted, x)


def held_out_error(embedding: jax.Array, graph: Graph, classes: int) -> jax.Array:
    """Least mean squared error [] of the probe on known nodes that it didn't see, over the penalties."""
    x = scaled(embedding)
    y = targets(graph, classes)
    seen = known(graph)
    fold = (jnp.cumsum(seen) - 1) % FOLDS

    def error(penalty: jax.Array, which: jax.Array) -> jax.Array:
        out = seen * (fold == which).astype(seen.dtype)
        missed = apply_ridge(ridge(x, y, seen - out, penalty), x) - y
        return out @ (missed**2).sum(1)

    folds = jnp.arange(FOLDS, dtype=seen.dtype)
    each = jax.vmap(jax.vmap(error, (None, 0)), (0, None))(jnp.array(PENALTIES), folds)
    return each.sum(1).min() / seen.sum()
