"""Given graphs in which two edges exchange their ends: new ones with the degrees of known ones.

**Source**: a step of degree-preserving rewiring (Maslov and Sneppen, "Specificity and stability in topology of protein
networks", 2002), from memory; a control.

    edges a-b and c-d of a random given graph become a-d and c-b, where neither was linked

**Differs from the paper**: 1. One exchange, not many: a graph stays near a given one. 2. The first edge is uniform, the
second one uniform among those that fit it; where none does the graph stays as it was.

**Shapes**: c drawn graphs, n nodes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms


def one_of(noise: jax.Array, allowed: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """(row, column) of a uniform one of the allowed entries [n, n], and whether there is any."""
    nodes = len(allowed)
    place = jnp.where(allowed, noise, -1.0).reshape(-1).argmax()
    return place // nodes, place % nodes, allowed.any()


def exchanged(edges: jax.Array, noise: jax.Array) -> jax.Array:
    """A graph [n, n] after one exchange, by uniform numbers [2, n, n]."""
    node = jnp.arange(len(edges))
    a, b, _ = one_of(noise[0], edges > 0)
    starts = (edges[b] == 0) & (node != b)
    stops = (edges[a] == 0) & (node != a)
    c, d, found = one_of(noise[1], (edges > 0) & starts[:, None] & stops[None, :])
    new = edges
    for row, column, value in ((a, b, 0.0), (c, d, 0.0), (a, d, 1.0), (c, b, 1.0)):
        new = new.at[row, column].set(value).at[column, row].set(value)
    return jnp.where(found, new, edges)


class RewiredGraphs(Method):
    """Near copies."""

    deterministic = True

    def draw_graphs(self, state: Any, key: jax.Array, count: int) -> jax.Array:
        nodes = self.spec.nodes
        noise = uniforms(key, rows=(count,), ends=(count, 2, nodes, nodes))
        rows = jnp.floor(noise["rows"] * self.spec.given).astype(jnp.int32)
        return jax.vmap(exchanged)(self.given.edges[rows], noise["ends"])
