"""Graphs that change in time: who will be reached soonest, who meets next, who moves together and when.

A learner answers one of three questions. `Centrality`: how close is every node to all others, in the events to come?
`Links`: how likely is it that two nodes meet now, given whom each has met before? `Groups`: which groups of units
there are, and in which windows of time each of them is active?

Shapes: n nodes or units, m directed edges, e events, q queries, k places in a node's history, a animals, t windows,
g groups.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


@dataclass(frozen=True)
class CentralitySpec:
    """Sizes, and how long a path may wait at a node."""

    nodes: int
    edges: int
    patience: float


@dataclass(frozen=True)
class LinkSpec:
    """Sizes: nodes, places in a history, features of a node."""

    nodes: int
    places: int
    features: int


@dataclass(frozen=True)
class GroupSpec:
    """Sizes: units, animals, windows."""

    units: int
    animals: int
    windows: int


class Network(NamedTuple):
    """The edges that events may use: from `source` int32 [m] to `target` int32 [m]."""

    source: jax.Array
    target: jax.Array


class Events(NamedTuple):
    """Uses of edges: which one int32 [e], at what time [e]; `real` [e] is 0 for padding."""

    edge: jax.Array
    time: jax.Array
    real: jax.Array


class Past(NamedTuple):
    """What is known: the edges, events of the past, and the nodes' temporal closeness in them, [n]."""

    network: Network
    events: Events
    closeness: jax.Array


class Queries(NamedTuple):
    """Pairs of nodes with what each of both has done before.

    Attributes:
      nodes: int32 [q, 2].
      neighbours: whom each has met, the latest first, int32 [q, 2, k]; NOBODY where there are fewer.
      ages: how many events ago, [q, 2, k]; 0 where there are fewer.
      met: how many events ago the two met each other, [q]; infinite if they never did.
    """

    nodes: jax.Array
    neighbours: jax.Array
    ages: jax.Array
    met: jax.Array


class Links(NamedTuple):
    """Random features of the nodes [n, d]; of every past event its pair and four others that didn't meet, [e, 5]."""

    features: jax.Array
    pairs: Queries


class Rows(NamedTuple):
    """Events to learn from, int32 [b], and which of their four other pairs to set against them, int32 [b]."""

    event: jax.Array
    other: jax.Array


class Centrality(Protocol):
    """Closeness of nodes in events to come."""

    def centrality(self, state: Any, events: Events) -> jax.Array:
        """A score [n] for every node; its order is judged. `events` are those that may be looked at."""


class LinkPrediction(Protocol):
    """Who meets next."""

    def link_scores(self, state: Any, queries: Queries) -> jax.Array:
        """A score [q] for every pair; the larger, the likelier they meet."""


class Communities(Protocol):
    """Groups and when they are active."""

    def groups(self, state: Any) -> tuple[jax.Array, jax.Array]:
        """(memberships [n, g], activity [t, g]), both 0 or more."""


NOBODY = -1
Search = tuple[jax.Array, jax.Array, jax.Array, jax.Array]  # length, front [n, e], seen [n, e], found [n, n]
OTHERS = 4  # pairs that didn't meet, for every event


def continuation(network: Network, events: Events, patience: float) -> jax.Array:
    """1 where a path may go on from one event (row) to another (column) within `patience`, [e, e]."""
    meets = network.target[events.edge][:, None] == network.source[events.edge][None, :]
    wait = events.time[None, :] - events.time[:, None]
    both = events.real[:, None] * events.real[None, :]
    return both * (meets & (wait > 0) & (wait <= patience)).astype(both.dtype)


def hops(network: Network, events: Events, goes_on: jax.Array, nodes: int) -> jax.Array:
    """Least number of events on a path from node (row) to node (column), [n, n]; infinite where there is none.

    A search in breadth over the events, from all nodes at once; `goes_on` [e, e] says which event may follow which.
    """
    each = jnp.arange(nodes)[:, None]
    starts = events.real[None, :] * (network.source[events.edge][None, :] == each).astype(events.real.dtype)
    ends = (network.target[events.edge][:, None] == each.T).astype(events.real.dtype)

    def step(carry: Search) -> Search:
        count, front, seen, found = carry
        found = jnp.minimum(found, jnp.where(front @ ends > 0, count, jnp.inf))
        front = ((front @ goes_on > 0) & (seen == 0)).astype(front.dtype)
        return count + 1, front, seen + front, found

    carry = (jnp.ones(()), starts, starts, jnp.full((nodes, nodes), jnp.inf))
    return jax.lax.while_loop(lambda carry: (carry[1] > 0).any(), step, carry)[3]


def closeness(distances: jax.Array) -> jax.Array:
    """Sum over the other nodes of (n - 1) / distance from them, [n], of distances [n, n]; none counts as 0."""
    nodes = distances.shape[0]
    inverse = jnp.where(jnp.eye(nodes, dtype=bool), 0.0, 1 / distances)
    return (nodes - 1) * inverse.sum(0)


def temporal_closeness(network: Network, events: Events, patience: float, nodes: int) -> jax.Array:
    """Closeness [n] by the shortest paths that respect time, and wait no longer than `patience` at a node."""
    return closeness(hops(network, events, continuation(network, events, patience), nodes))
