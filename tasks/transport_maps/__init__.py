"""Carry one population to another: which map keeps classes together, and which way does a population take?

A task asks one of two questions. `transport` maps source points to the target, class by class, where few target points
are labelled. `interpolate` gives the way between two points of a curved cloud in a space of more dimensions.

Shapes: r rounds, c classes, m points of a class, n points, d coordinates, p pairs, t places on a way.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks.distances import squared_distances

NEIGHBOURS = 16  # of the graph whose distances a path task gives to every learner
TINY = 1e-12  # keeps lengths of zero from a gradient that is none


class Transporter(Protocol):
    """What a learner of `class_transport` answers."""

    def transport(self, state: Any, x: jax.Array, key: jax.Array) -> jax.Array:
        """Points of the target [n, d] for points of the source [n, d], whose classes aren't told."""


class Interpolator(Protocol):
    """What a learner of `population_path` answers."""

    def interpolate(self, state: Any, start: jax.Array, end: jax.Array, s: jax.Array) -> jax.Array:
        """Points [t, p, d] at the shares s [t] of the ways from start [p, d] to end [p, d]; s is 0 to 1."""


@dataclass(frozen=True)
class ClassSpec:
    """Sizes of a transport: classes, labelled target points of each, coordinates, and rounds of a batch."""

    classes: int
    labelled: int
    dims: int
    rounds: int


class Examples(NamedTuple):
    """What every transporter is given.

    Attributes:
      source: labelled source points [c, m, d].
      target: labelled target points [c, l, d].
      unlabelled: target points of all classes in equal shares [n, d].
    """

    source: jax.Array
    target: jax.Array
    unlabelled: jax.Array


class Rounds(NamedTuple):
    """A batch: for each round fresh labelled source points [r, c, m, d], and unlabelled target points [r, n, d]."""

    source: jax.Array
    target: jax.Array


@dataclass(frozen=True)
class PathSpec:
    """Sizes of a path: coordinates."""

    dims: int


class Cloud(NamedTuple):
    """What every interpolator is given.

    Attributes:
      points: the cloud [n, d].
      graph: its graph distances [n, n], over the edges to the nearest neighbours.
      start: points of the population at the start [m, d].
      end: points of the population at the end [m, d].
    """

    points: jax.Array
    graph: jax.Array
    start: jax.Array
    end: jax.Array


class PathBatch(NamedTuple):
    """A batch: rows [b] of the cloud, standard normal noise [b, d], and pairs of both populations [p, d] each."""

    rows: jax.Array
    noise: jax.Array
    start: jax.Array
    end: jax.Array


def lengths(x: jax.Array) -> jax.Array:
    """Euclidean lengths [...] of vectors [..., d]."""
    return jnp.sqrt((x**2).sum(-1) + TINY)


def along(chain: jax.Array, s: jax.Array) -> jax.Array:
    """Points [t, d] at shares s [t] of the length of a chain of points [h, d]."""
    steps = jnp.sqrt((jnp.diff(chain, axis=0) ** 2).sum(-1))
    gone = jnp.concatenate([jnp.zeros(1), jnp.cumsum(steps)])
    total = jnp.maximum(gone[-1], TINY)
    return jax.vmap(lambda x: jnp.interp(s, gone / total, x), in_axes=1, out_axes=1)(chain)


def closed(weights: jax.Array, widest: bool = False) -> jax.Array:
    """Shortest distances [n, n] over edges of these lengths [n, n], infinite where there is none: Floyd and Warshall.

    With `widest` a way is as long as its longest edge.
    """

    def through(known: jax.Array, node: jax.Array) -> tuple[jax.Array, None]:
        to = known[:, node][:, None]
        on = known[node][None, :]
        return jnp.minimum(known, jnp.maximum(to, on) if widest else to + on), None

    found, _ = jax.lax.scan(through, weights, jnp.arange(len(weights)))
    return found


def neighbour_edges(points: jax.Array, nearest: int) -> jax.Array:
    """Lengths [n, n] of the edges between points of which one is among the nearest of the other; else infinite.

    The shortest edges that keep all points connected, those of a minimum spanning tree, are added.
    """
    apart = jnp.sqrt(squared_distances(points, points)) * (1 - jnp.eye(len(points)))
    reach = -jax.lax.top_k(-apart, nearest + 1)[0][:, -1]
    near = apart <= jnp.maximum(reach[:, None], reach[None, :])
    spanning = apart <= closed(apart, widest=True)
    return jnp.where(near | spanning, apart, jnp.inf)
