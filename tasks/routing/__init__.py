"""Visit every city of the plane once and come home, on the shortest way that a learner can find.

A learner answers one of two questions, or both. `Tours`: which tour of these cities? `HeatMaps`: how likely is each
pair of cities to be neighbours on the shortest tour? The study searches with what a heat map says.

Cities are uniform in the unit square. Training shows fresh cities without their shortest tour. What counts is how many
tours a learner has built for training: one for each instance it is shown, whether sampled or greedy.

Shapes: b instances, n cities, e pairs of cities.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np


@dataclass(frozen=True)
class RoutingSpec:
    """Cities of an instance, and instances of a batch: as many as the tours that an update may build."""

    cities: int
    batch: int


class Instances(NamedTuple):
    """What an update is shown: places of the cities, xy [b, n, 2], in the unit square."""

    xy: jax.Array


class Tours(Protocol):
    """Tours of given cities."""

    def tour(self, state: Any, xy: jax.Array) -> jax.Array:
        """Cities in the order of the visit, int32 [b, n], for places [b, n, 2]."""

    def built(self, state: Any) -> jax.Array:
        """How many tours were built for training, float []."""


class HeatMaps(Protocol):
    """Pairs of cities that may be neighbours."""

    def heat(self, state: Any, xy: jax.Array) -> jax.Array:
        """A score of every pair, symmetric, higher for likelier ones: [b, n, n] for places [b, n, 2]."""


def distances(xy: jax.Array) -> jax.Array:
    """Euclidean distances [..., n, n] of places [..., n, 2]."""
    return jnp.sqrt(((xy[..., :, None, :] - xy[..., None, :, :]) ** 2).sum(-1))


def edge_lengths(xy: jax.Array, tour: jax.Array) -> jax.Array:
    """Length of the way to each city of a tour [..., n] from the one before it, [..., n]; the first is the way home."""
    placed = jnp.take_along_axis(xy, tour[..., None], axis=-2)
    return jnp.sqrt(((placed - jnp.roll(placed, 1, axis=-2)) ** 2).sum(-1))


def tour_length(xy: jax.Array, tour: jax.Array) -> jax.Array:
    """Lengths [...] of closed tours [..., n] through places [..., n, 2]."""
    return edge_lengths(xy, tour).sum(-1)


def symmetric(heat: jax.Array) -> jax.Array:
    """Mean of both directions of every pair, [..., n, n]."""
    return (heat + jnp.swapaxes(heat, -1, -2)) / 2


def merge_edges(heat: jax.Array) -> jax.Array:
    """The tour int32 [n] that greedily joins the pairs of highest heat [n, n].

    A pair is joined where neither city has two neighbours and no circle would close.
    """
    count = len(heat)
    ends = jnp.asarray(np.triu_indices(count, 1), jnp.int32)
    first = ends[0]
    second = ends[1]
    order = jnp.argsort(-heat[first, second])

    def join(carry: tuple[jax.Array, jax.Array], pair: jax.Array) -> tuple[tuple[jax.Array, jax.Array], None]:
        adjacent, part = carry
        a = first[pair]
        b = second[pair]
        degrees = adjacent.sum(1)
        fits = (degrees[a] < 2) & (degrees[b] < 2) & (part[a] != part[b])
        joined = adjacent.at[a, b].set(True).at[b, a].set(True)
        merged = jnp.where(part == part[b], part[a], part)
        return (jnp.where(fits, joined, adjacent), jnp.where(fits, merged, part)), None

    start = (jnp.zeros((count, count), bool), jnp.arange(count))
    joined, _ = jax.lax.scan(join, start, order)
    adjacent = joined[0]
    end = jnp.argmax(adjacent.sum(1) == 1).astype(jnp.int32)

    def walk(carry: tuple[jax.Array, jax.Array], _: None) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        here, seen = carry
        seen = seen.at[here].set(True)
        return (jnp.argmax(adjacent[here] & ~seen).astype(jnp.int32), seen), here

    _, tour = jax.lax.scan(walk, (end, jnp.zeros(count, bool)), None, length=count)
    return tour
