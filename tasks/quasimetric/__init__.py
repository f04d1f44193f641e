"""Learn the shortest-path distance of a directed graph from a part of its pairs.

A learner answers the distance between nodes, given by index; node features are public (`self.given`).
Shapes: n nodes, f features, b pairs.
"""

import abc
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import normals

DISCOUNT = 0.9  # errors are measured on DISCOUNT ** distance, where unreachable is 0
FAR = 1e6  # longer distances count as this long in the triangle inequality
TINY = 1e-6  # keeps an excess relative to a distance of 0 finite
NOTABLE = 0.05  # discounted excess above which a triple counts as broken: half of what a first step takes off
ROUNDING = 1e-5  # relative excess up to which a walk counts as a shortest path


class Quasimetric(Protocol):
    """What a learner of this study answers."""

    def distance(self, state: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        """Distance from nodes x to nodes y, both int32 [b]: float [b], at least 0."""


@dataclass(frozen=True)
class Spec:
    """What a method may know: the number of nodes and of features a node."""

    nodes: int
    features: int


class Pairs(NamedTuple):
    """A batch: ordered pairs of nodes, int32 [b], and their discounted distance, float [b] in [0, 1]."""

    x: jax.Array
    y: jax.Array
    discounted: jax.Array


class World(NamedTuple):
    """A graph: edge weights [n, n] (inf: no edge), exact distances [n, n], features [n, f], training pairs [n, n]."""

    weights: jax.Array
    distance: jax.Array
    features: jax.Array
    train: jax.Array


def shortest_paths(weights: jax.Array) -> jax.Array:
    """All shortest-path lengths [n, n] by Floyd and Warshall; inf where there is no path."""
    n = weights.shape[0]
    start = jnp.where(jnp.eye(n, dtype=bool), 0.0, weights)
    return jax.lax.fori_loop(0, n, lambda k, d: jnp.minimum(d, d[:, k][:, None] + d[k][None, :]), start)


def follow(weights: jax.Array, predicted: jax.Array) -> jax.Array:
    """Length [n, n] of the walk from each node to each that always takes the edge with the least
    weight + predicted rest; inf where it doesn't arrive within n steps."""
    n = weights.shape[0]
    best = jnp.argmin(weights[:, :, None] + predicted[None, :, :], axis=1)  # [from, goal] -> next node
    goal = jnp.broadcast_to(jnp.arange(n)[None, :], (n, n))

    def step(_: int, carry: tuple) -> tuple:
        here, length = carry
        then = best[here, goal]
        moved = here != goal
        return jnp.where(moved, then, here), length + jnp.where(moved, weights[here, then], 0.0)

    here, length = jax.lax.fori_loop(0, n, step, (goal.T, jnp.zeros((n, n))))
    return jnp.where(here == goal, length, jnp.inf)


class DirectedGraph(Task):
    """A directed graph of which some distances are observed."""

    features: int = 16  # random features a node
    observed: float = 0.3  # share of the ordered pairs in the training set
    batch: int = 256  # pairs a step

    interface = Quasimetric
    steps = 1000
    metrics = {
        "heldout_mse": Metric(
            direction="min", about="squared error of the discounted distance on pairs that were not observed"
        ),
        "triangle_violation": Metric(
            direction="zero", about="mean excess of d(a,c) over d(a,b)+d(b,c), relative to d(a,c)"
        ),
        "triangle_share": Metric(
            direction="zero",
            about="share of distinct triples with discounted d(a,c) 0.05 below that of d(a,b)+d(b,c)",
        ),
        "asymmetry_error": Metric(
            direction="min", about="mean error of the discounted d(x,y) - d(y,x), held-out pairs"
        ),
        "greedy_success": Metric(
            direction="max", about="share of held-out reachable pairs whose greedy walk arrives by a shortest path"
        ),
        "train_mse": Metric(direction="min", about="squared error of the discounted distance on the observed pairs"),
    }

    @property
    @abc.abstractmethod
    def count(self) -> int:
        """Number of nodes."""

    @abc.abstractmethod
    def edges(self, key: jax.Array) -> jax.Array:
        """Edge weights [n, n], inf where there is no edge."""

    @property
    def spec(self) -> Spec:
        return Spec(nodes=self.count, features=self.features)

    def sample(self, key: jax.Array) -> World:
        """A graph with its exact distances, random node features and the choice of observed pairs."""
        n = self.count
        for_graph, for_nodes = jax.random.split(key)
        weights = self.edges(for_graph)
        noise = normals(for_nodes, features=(n, self.features), order=(n * n,))
        ranks = jnp.argsort(jnp.argsort(noise["order"])).reshape(n, n)
        train = (ranks.astype(jnp.float32) < self.observed * n * n) & ~jnp.eye(n, dtype=bool)
        return World(
            weights=weights,
            distance=shortest_paths(weights),
            features=noise["features"],
            train=train,
        )

    def given(self, world: World) -> jax.Array:
        """Node features [n, f]."""
        return world.features

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pairs]:
        """Observed pairs, drawn uniformly with replacement."""
        n = world.train.shape[0]
        order = jnp.argsort(~world.train.reshape(-1))  # observed pairs first
        place = (jax.random.uniform(key, (self.batch,)) * world.train.sum().astype(jnp.float32)).astype(jnp.int32)
        pair = order[place]
        return world, Pairs(x=pair // n, y=pair % n, discounted=DISCOUNT ** world.distance.reshape(-1)[pair])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        n = world.train.shape[0]
        x, y = jnp.divmod(jnp.arange(n * n), n)
        d = learner.distance(x, y).reshape(n, n)
        test = ~world.train & ~jnp.eye(n, dtype=bool)
        error = DISCOUNT**d - DISCOUNT**world.distance
        twist = (error - error.T) ** 2
        # the sum may be inf (never a violation); the left side is capped so that inf - inf can't arise
        cap = jnp.minimum(d, FAR)
        excess = jnp.maximum(0.0, cap[:, None, :] - (cap[:, :, None] + cap[None, :, :])) / (TINY + cap[:, None, :])
        g = DISCOUNT**d
        short = g[:, :, None] * g[None, :, :] - g[:, None, :] > NOTABLE
        arrives = follow(world.weights, d) <= world.distance * (1 + ROUNDING)
        reachable = test & jnp.isfinite(world.distance)
        return {
            "heldout_mse": mean(error**2, test),
            "triangle_violation": excess.mean(),
            "triangle_share": mean(short.astype(jnp.float32), distinct(n)),
            "asymmetry_error": mean(twist, test) ** 0.5,
            "greedy_success": mean(arrives.astype(jnp.float32), reachable),
            "train_mse": mean(error**2, world.train),
        }

    def floor(self, world: World) -> Any:
        """The mean discounted distance of the observed pairs, for every pair."""
        constant = jnp.log(mean(DISCOUNT**world.distance, world.train)) / jnp.log(DISCOUNT)
        return SimpleNamespace(distance=lambda x, y: jnp.full(x.shape, constant))

    def oracle(self, world: World) -> Any:
        """The exact distance."""
        return SimpleNamespace(distance=lambda x, y: world.distance[x, y])


def distinct(n: int) -> jax.Array:
    """Which triples [n, n, n] are of three different nodes."""
    other = ~jnp.eye(n, dtype=bool)
    return other[:, :, None] & other[:, None, :] & other[None, :, :]


def mean(x: jax.Array, where: jax.Array) -> jax.Array:
    """Mean of x over the places that `where` marks."""
    return jnp.where(where, x, 0.0).sum() / where.sum().astype(x.dtype)
