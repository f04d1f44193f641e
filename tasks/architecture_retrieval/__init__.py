"""Embed the computational graphs of neural networks, such that networks of one family lie near one another.

A learner answers one vector a graph (`embed_graphs`). It is shown graphs of a database with their families. Graphs that
it has not seen then ask for the nearest ones of the database; or those of the database ask for one another.

Shapes: b graphs, n nodes, o operators, h numbers of an embedding.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


class Graphs(NamedTuple):
    """Directed acyclic graphs, padded at the end.

    Attributes:
      edges: [b, n, n], 1 or 0; a row receives from columns before it, so that nodes stand in topological order.
      x: operators, one-hot [b, n, o].
      mask: [b, n], 1 where there is a node.
    """

    edges: jax.Array
    x: jax.Array
    mask: jax.Array


class Batch(NamedTuple):
    """Graphs and their families, int32 [b]."""

    graphs: Graphs
    family: jax.Array


class Embeddings(Protocol):
    """What a learner answers."""

    def embed_graphs(self, state: Any, graphs: Graphs) -> jax.Array:
        """Vectors [b, h], of which distances are compared."""


@dataclass(frozen=True)
class Spec:
    """What a learner may know: nodes of a graph at most, operators, families, hidden width, graphs of a batch."""

    nodes: int
    operators: int
    families: int
    width: int
    batch: int


def first_hits(queries: jax.Array, database: jax.Array, alike: jax.Array) -> jax.Array:
    """Ranks from 1 at which each query [q, h] first meets a graph of the database [m, h] that is `alike`, bool [q, m].

    Graphs at one distance share the mean of their places, and the best such place counts.
    """
    return jnp.where(alike, places(queries, database), jnp.inf).min(-1)


def first_others(database: jax.Array, alike: jax.Array) -> jax.Array:
    """`first_hits` where each graph of the database [m, h] asks for the others; `alike` [m, m] may have a diagonal."""
    itself = jnp.eye(len(database), dtype=bool)
    gaps = jnp.where(itself, jnp.inf, _gaps(database, database))
    return jnp.where(alike & ~itself, _places(gaps), jnp.inf).min(-1)


def places(queries: jax.Array, database: jax.Array) -> jax.Array:
    """Places [q, m] of the database by squared distance, from 1; the mean place of equals."""
    return _places(_gaps(queries, database))


def _gaps(queries: jax.Array, database: jax.Array) -> jax.Array:
    return jnp.square(queries[:, None] - database[None]).sum(-1)


def _places(gaps: jax.Array) -> jax.Array:
    nearer = (gaps[:, :, None] > gaps[:, None, :]).sum(-1)
    equal = (gaps[:, :, None] == gaps[:, None, :]).sum(-1)
    return 1 + nearer.astype(jnp.float32) + (equal.astype(jnp.float32) - 1) / 2


def speaks(answer: Any) -> Any:
    """A reference that embeds so."""
    return SimpleNamespace(embed_graphs=answer)
