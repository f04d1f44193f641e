"""Draw new graphs that are like given ones.

A learner answers one question: `draw_graphs`, so many graphs of its own. It is given a set of small graphs as a whole,
in breadth-first order from their first node, so that a fit without steps solves for its numbers at the start. A network
is told the rows of a minibatch at every step. Of a drawn graph the study keeps the largest connected part.

Shapes: m given graphs, c drawn ones, n nodes, b graphs of a minibatch.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks.discrete_graphs import closure


@dataclass(frozen=True)
class Spec:
    """Most nodes and edges of a graph, and how many graphs are given."""

    nodes: int
    edges: int
    given: int


class Graphs(NamedTuple):
    """Undirected graphs: edges [m, n, n], 0 or 1, and the number of nodes, int32 [m]; later rows are empty.

    Nodes are in breadth-first order: first the node with the lowest number, then whatever it is linked to, and so on;
    neighbours in the order of their numbers.
    """

    edges: jax.Array
    size: jax.Array


class Generator(Protocol):
    """A source of graphs."""

    def draw_graphs(self, state: Any, key: jax.Array, count: int) -> jax.Array:
        """Edges [count, n, n] of new graphs, symmetric, without loops. A node without edges doesn't exist."""


def breadth_first(edges: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The part [n, n] of a graph that its first linked node is in, in breadth-first order, and its size []."""
    nodes = len(edges)
    first = (edges.sum(1) > 0).argmax()

    def visit(place: jax.Array, at: jax.Array) -> tuple[jax.Array, None]:
        met = (place == at).astype(edges.dtype) @ edges > 0
        new = met & (place == nodes)
        found = (place < nodes).sum()
        return jnp.where(new, found + jnp.cumsum(new) - 1, place).astype(jnp.int32), None

    start = jnp.full(nodes, nodes, jnp.int32).at[first].set(0)
    place, _ = jax.lax.scan(visit, start, jnp.arange(nodes, dtype=jnp.int32))
    order = jnp.argsort(place)
    reached = (place < nodes).astype(edges.dtype)
    kept = edges * reached[:, None] * reached[None, :]
    return kept[order][:, order], (place < nodes).sum().astype(jnp.int32)


def largest_part(edges: jax.Array) -> jax.Array:
    """A graph [n, n] without the edges outside of its largest connected part, the first of equals."""
    linked = closure(edges) | jnp.eye(len(edges), dtype=bool)
    inside = linked[linked.sum(1).argmax()].astype(edges.dtype)
    return edges * inside[:, None] * inside[None, :]
