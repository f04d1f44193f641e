"""Shortest paths from one node, in connected graphs of every size from 8 nodes to 168.

Isolates at which size a construction breaks down. One graph grows: each new node is linked with two random older ones,
so that the mean degree is about 4 at each size. Lengths are 1 to 5. At each size the nodes are numbered anew at random,
and paths start at the oldest one.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.algorithm_simulation import GraphSpec, PathFinder, bellman_ford

LONGEST = 5  # edge
SMALLEST = 8  # graph
LARGEST = 168  # above where the finest of the rounded numbers judged here fails
SIZES = tuple(range(SMALLEST, LARGEST + 1))
BEYOND = LARGEST + 1  # what is told where no size fails


class World(NamedTuple):
    """A graph that grows.

    Attributes:
      lengths: of its edges, [n, n]; its first nodes and their edges are the graph of so many nodes.
      ranks: by which the nodes are numbered at each size, in [0, 1), [sizes, n].
      distances: from node 0 at each size, before nodes are numbered anew, [sizes, n].
    """

    lengths: jax.Array
    ranks: jax.Array
    distances: jax.Array


class Graph(NamedTuple):
    """The graph of one size, its nodes numbered anew: `order` [n] has the old number of each."""

    lengths: jax.Array
    order: jax.Array
    source: jax.Array


def of_size(world: World, size: jax.Array, ranks: jax.Array) -> Graph:
    """The first nodes in a random order, the others after them."""
    here = jnp.arange(LARGEST) < size
    order = jnp.argsort(jnp.where(here, ranks, 1 + ranks))
    inside = here[:, None] & here[None, :]
    lengths = jnp.where(inside, world.lengths[order][:, order], 0.0)
    return Graph(lengths=lengths, order=order, source=jnp.argmax(order == 0))


class ShortestPaths(Task):
    """Nothing is learned."""

    interface = PathFinder
    steps = 0
    metrics = {
        "first_failure": Metric(
            "max", f"least size with a wrong distance; {BEYOND} where there is none up to {LARGEST}"
        ),
        "exact_share": Metric("max", "share of the sizes at which every distance is right"),
        "accuracy": Metric("max", "share of right distances, the mean over sizes"),
    }

    @property
    def spec(self) -> GraphSpec:
        return GraphSpec(nodes=LARGEST)

    def sample(self, key: jax.Array) -> World:
        drawn = uniforms(key, older=(2, LARGEST), length=(2, LARGEST), rank=(len(SIZES), LARGEST))
        nodes = jnp.arange(LARGEST)
        older = jnp.floor(drawn["older"] * nodes[None].astype(jnp.float32)).astype(jnp.int32)
        length = 1 + jnp.floor(drawn["length"] * LONGEST)
        down = jnp.zeros((LARGEST, LARGEST)).at[nodes[None, 1:], older[:, 1:]].set(length[:, 1:])
        lengths = jnp.maximum(down, down.T)

        def found(size: jax.Array) -> jax.Array:
            here = nodes < size
            return bellman_ford(jnp.where(here[:, None] & here[None, :], lengths, 0.0), jnp.int32(0))

        return World(lengths=lengths, ranks=drawn["rank"], distances=jax.lax.map(found, jnp.array(SIZES)))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        nodes = jnp.arange(LARGEST)

        def wrong(now: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
            size, ranks, distances = now
            graph = of_size(world, size, ranks)
            answer = learner.distances(graph.lengths, size, graph.source)
            return ((answer != distances[graph.order]) & (nodes < size)).sum()

        sizes = jnp.array(SIZES)
        faults = jax.lax.map(wrong, (sizes, world.ranks, world.distances))
        return {
            "first_failure": jnp.where(faults > 0, sizes, BEYOND).min().astype(jnp.float32),
            "exact_share": (faults == 0).mean(),
            "accuracy": 1 - (faults / sizes).mean(),
        }

    def floor(self, world: World) -> Any:
        """Direct edges only; every other node is said to be at the start."""

        def distances(lengths: jax.Array, nodes: jax.Array, source: jax.Array) -> jax.Array:
            return lengths[source]

        return SimpleNamespace(distances=distances)

    def oracle(self, world: World) -> Any:
        """Relaxation until nothing changes."""
        return SimpleNamespace(distances=lambda lengths, nodes, source: bellman_ford(lengths, source))
