"""Layers of a looped transformer that runs Dijkstra's algorithm, whatever the nodes' addresses are.

A row of numbers belongs to each node, and one more to the whole graph. The graph's row holds a pointer: the address of
a node. A head of hard attention compares addresses. By it the graph's row reads from the node that it points to, and
that node reads from the graph's row. All rows of largest logit share the weight, the graph's own among them.

Shapes: n nodes, d numbers of an address.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

FAR = 2.0**14  # stands for no path and for visited nodes; above every distance, and 10^4 in the authors' code
HALF = 0.5  # above it a flag is rounded to 1


class Heads(NamedTuple):
    """What attention passes on, for a pointer to each node.

    Attributes:
      read: twice the weight that the graph's row gives to each node, [pointer, n].
      flag: twice the weight that each node gives to the graph's row, [pointer, n].
    """

    read: jax.Array
    flag: jax.Array


def rounded(x: jax.Array, spacing: jax.Array | float) -> jax.Array:
    """The nearest float whose neighbours are `spacing` apart from 1 to 2, ties to even."""
    part, power = jnp.frexp(x)
    return jnp.ldexp(jnp.round(part * (2 / spacing)) * (spacing / 2), power)


def attend(addresses: jax.Array, pointers: jax.Array, here: jax.Array, spacing: jax.Array | float) -> Heads:
    """Hard attention with rounded logits between a pointer [pointer, d] and the nodes that are `here`, bool [n]."""
    own = jnp.where(here[None, :], rounded(addresses @ addresses.T, spacing), -jnp.inf)
    logits = jnp.where(here[None, :], rounded(pointers @ addresses.T, spacing), -jnp.inf)
    norm = rounded(jnp.diagonal(pointers @ pointers.T), spacing)
    largest = jnp.maximum(logits.max(1), norm)
    chosen = (logits == largest[:, None]).astype(jnp.float32)
    sharing = chosen.sum(1) + (norm == largest).astype(jnp.float32)
    most = own.max(1)
    alike = (own == most[:, None]).sum(1)
    tied = jnp.where(logits == most[None, :], 1 / (1 + alike)[None, :], 0.0)
    return Heads(
        read=2 * chosen / sharing[:, None],
        flag=2 * jnp.where(logits > most[None, :], 1.0, tied),
    )


def dijkstra(
    heads: Heads,
    lengths: jax.Array,
    here: jax.Array,
    source: jax.Array,
    rounds: jax.Array,
    spacing: jax.Array | float,
) -> jax.Array:
    """Distances [n] after so many rounds, in each of which one node is visited."""

    def visit(_: int, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        found, visited = now
        open_ = jnp.where(visited, FAR, found)
        values = jnp.where(here, rounded(heads.read @ open_, spacing), jnp.inf)
        least = jnp.argmin(values)  # the pointer visits the nodes in turn, and a later one must be strictly less
        row = rounded(heads.flag[least] @ lengths, spacing)
        offer = rounded(values[least] + row, spacing)
        found = jnp.where((row > 0) & (offer < found), offer, found)
        return found, visited | (heads.flag[least] > HALF)

    start = jnp.where(jnp.arange(len(here)) == source, 0.0, FAR)
    found, _ = jax.lax.fori_loop(0, rounds, visit, (start, ~here))
    return found
