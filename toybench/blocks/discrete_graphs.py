"""Directed graphs as tables: what can be reached, and shortest lengths.

A graph is `edges` [n, n], row to column (1: there is an edge). Shapes: n nodes. Hop distances are in `paths`.
"""

import jax
import jax.numpy as jnp


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
