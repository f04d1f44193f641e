"""Networks whose weights are set by hand, so that a loop of them runs an algorithm: up to which size are they right?

A learner finds the lengths of the shortest paths in graphs of any size. Nothing is trained: what can go wrong is the
precision of the numbers that the layers pass on.

Graphs come in arrays of one size, of which the first nodes are there, so that one program runs every size.

Shapes: n nodes of the arrays.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import jax
import jax.numpy as jnp


@dataclass(frozen=True)
class GraphSpec:
    """Nodes of the largest graph."""

    nodes: int


class PathFinder(Protocol):
    """Shortest paths from one node."""

    def distances(self, state: Any, lengths: jax.Array, nodes: jax.Array, source: jax.Array) -> jax.Array:
        """Lengths [n] of the shortest paths from `source`, int32 []; beyond the first `nodes` they don't count.

        `lengths` [n, n] of the edges are whole numbers, 0 where there is no edge.
        """


def bellman_ford(lengths: jax.Array, source: jax.Array) -> jax.Array:
    """Lengths [n] of the shortest paths from a node; infinite where there is none."""
    steps = jnp.where(lengths > 0, lengths, jnp.inf)
    start = jnp.where(jnp.arange(len(lengths)) == source, 0.0, jnp.inf)

    def relax(now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        found, _ = now
        better = jnp.minimum(found, (found[:, None] + steps).min(0))
        return better, (better < found).any()

    found, _ = jax.lax.while_loop(lambda now: now[1], relax, (start, jnp.array(True)))
    return found
