"""Directed graphs as tables: random acyclic ones, what can be reached, shortest lengths, and paths drawn uniformly.

A graph is `edges` [n, n], row to column (1: there is an edge). Shapes: n nodes. Hop distances are in `paths`.
"""

import jax
import jax.numpy as jnp


def random_dag(uniform: jax.Array, order: jax.Array, probability: float | jax.Array) -> jax.Array:
    """An acyclic graph, edges [n, n]: from `uniform` [n, n] a node points at each later one with this probability.

    `order` int32 [n] is a permutation: order[i] is the name of the node at place i.
    """
    drawn = jnp.triu(uniform < probability, 1).astype(jnp.float32)
    place = jnp.argsort(order)
    return drawn[place[:, None], place[None, :]]


def closure(edges: jax.Array) -> jax.Array:
    """True where a path of one edge or more leads from the row to the column, [n, n]."""
    reached = edges > 0
    for _ in range(max(1, (len(edges) - 1).bit_length())):
        hops = reached.astype(jnp.float32)
        reached = reached | (hops @ hops > 0)
    return reached


def shortest_lengths(lengths: jax.Array) -> jax.Array:
    """Lengths of the shortest paths between any two nodes, [n, n] (Floyd and Warshall); infinite where there is none.

    `lengths` [n, n] of the edges are positive, infinite where there is no edge.
    """
    count = len(lengths)
    start = jnp.where(jnp.eye(count, dtype=bool), 0.0, lengths)

    def through(node: jax.Array, found: jax.Array) -> jax.Array:
        return jnp.minimum(found, found[:, node][:, None] + found[node, :][None, :])

    return jax.lax.fori_loop(0, count, through, start)


def path_counts(edges: jax.Array) -> jax.Array:
    """How many paths lead from the row to the column of an acyclic graph, [n, n]; one from a node to itself.

    Exact up to 2^24, where float32 ends to hold all integers.
    """
    count = len(edges)

    def longer(_: int, found: jax.Array) -> jax.Array:
        return jnp.eye(count) + edges @ found

    return jax.lax.fori_loop(0, count - 1, longer, jnp.eye(count))


def draw_path(
    uniform: jax.Array, edges: jax.Array, counts: jax.Array, source: jax.Array, goal: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """A path of an acyclic graph, all from `source` to `goal` being equally likely: nodes int32 [m + 1], and its edges.

    Behind the goal it repeats the goal. `uniform` [m] holds a number for each step, m at least the longest path's
    edges; `counts` are `path_counts`. Where there is no path the result means nothing.
    """

    def step(here: jax.Array, number: jax.Array) -> tuple[jax.Array, jax.Array]:
        weights = jnp.cumsum(edges[here] * counts[:, goal])
        there = jnp.searchsorted(weights, number * weights[-1], side="right").astype(jnp.int32)
        there = jnp.where(here == goal, here, jnp.minimum(there, len(edges) - 1))
        return there, there

    source = jnp.asarray(source, jnp.int32)
    _, rest = jax.lax.scan(step, source, uniform)
    nodes = jnp.concatenate([source[None], rest])
    return nodes, (nodes != goal).sum()
