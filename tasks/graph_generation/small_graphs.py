"""Draw graphs of 8 to 12 nodes like 200 given ones: two communities with few bridges, or ladders.

Isolates what a generator keeps of degrees and triangles. `communities`: two of 4 to 6 nodes each, any two nodes of one
linked with probability 0.7, one to three bridges between random nodes of both; the largest connected part is kept.
`ladders`: two paths of 4 to 6 nodes, rung by rung, so that no triangle occurs and all degrees are 2 or 3.

In the authors' generator communities have 8 to 19 nodes, and there are one or two bridges. The three divergences are
theirs: of the histogram over all nodes of 200 true graphs from that of 200 drawn ones, each count plus 1e-8. A value
that is never drawn costs some 25 nats times its share. On ladders betweenness alone tells one length from another.
Graphs without edges count only as `empty`. A high share of new graphs alone says little: coins draw new ones, too.

The oracle is a second draw of 1000 true graphs, the floor an edge by coin between any two nodes of a given number.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.graphs import colours
from toybench.tasks.graph_generation import Generator, Graphs, Spec, breadth_first, largest_part

BINS = 100  # of the histograms of clustering coefficients and of betweenness, the authors'
ROUNDING = 1e-3  # of a bin, so that a share at a bin's lower end lies in it
LEAST = 1e-8  # added to every count, the authors'
SECOND = 5  # times as many graphs in the second draw as are judged, so that its own noise is small
ROUNDS = 6  # of colour refinement, in which two graphs are taken for the same


class World(NamedTuple):
    """Graphs that are given, and edges [c, n, n] of those to compare with, of a second draw, and of coins."""

    given: Graphs
    true: jax.Array
    second: jax.Array
    coins: jax.Array


class Search(NamedTuple):
    """Shortest paths from every node to every one: numbers [n, n] of those just found and of all, and lengths."""

    paths: jax.Array
    counts: jax.Array
    distance: jax.Array


class SmallGraphs(Task):
    """One family."""

    family: str = "communities"  # `communities` or `ladders`
    least: int = 4  # nodes of a community, or rungs
    most: int = 6
    within: float = 0.7  # chance of an edge inside a community; 0.6 in the authors' generator
    bridges: int = 3  # at most
    known: int = 200  # graphs that are given
    drawn: int = 200  # graphs that are judged
    batch: int = 16

    interface = Generator
    steps = 400
    checkpoints = 1
    metrics = {
        "mean_kl": Metric("min", "mean of the three divergences below, in nats"),
        "clustering_kl": Metric("min", "divergence of true clustering coefficients from drawn ones, in nats"),
        "degree_kl": Metric("min", "divergence of true degrees from drawn ones, in nats"),
        "betweenness_kl": Metric("min", "divergence of true shares of shortest paths from drawn ones, in nats"),
        "novel_unique": Metric("info", "share of drawn graphs that are neither given nor drawn before"),
        "empty": Metric("info", "share of drawn graphs without any edge"),
    }

    @property
    def nodes(self) -> int:
        """Of the largest graph."""
        return 2 * self.most

    @property
    def spec(self) -> Spec:
        inside = self.most * (self.most - 1)
        ladder = 3 * self.most - 2
        edges = ladder if self.family == "ladders" else inside + self.bridges
        return Spec(nodes=self.nodes, edges=edges, given=self.known)

    def sample(self, key: jax.Array) -> World:
        """Three draws of the family, and coins."""
        total = self.known + (1 + SECOND) * self.drawn
        own = self.nodes**2 + 2 + 2 * self.bridges + 1
        noise = jax.random.uniform(key, (total + self.drawn, own))
        edges, count = jax.vmap(lambda row: breadth_first(largest_part(self.graph(row))))(noise[:total])
        given = Graphs(edges=edges[: self.known], size=count[: self.known])
        flips = noise[total:, : self.nodes**2].reshape(-1, self.nodes, self.nodes)
        sizes = count[jnp.arange(self.drawn) % self.known]
        coins = jax.vmap(self.flipped)(flips, sizes)
        true = edges[self.known : self.known + self.drawn]
        return World(given=given, true=true, second=edges[self.known + self.drawn :], coins=coins)

    def flipped(self, noise: jax.Array, size: jax.Array) -> jax.Array:
        """Edges [n, n] by coin between the first `size` nodes."""
        exists = jnp.arange(self.nodes) < size
        upper = jnp.triu((noise < 1 / 2) & exists[:, None] & exists[None, :], 1).astype(noise.dtype)
        return upper + upper.T

    def graph(self, noise: jax.Array) -> jax.Array:
        """One graph [n, n] from uniform numbers; nodes of one community or path lie together, from the first on."""
        pairs = noise[: self.nodes**2].reshape(self.nodes, self.nodes)
        rest = noise[self.nodes**2 :]
        sizes = self.least + jnp.floor(rest[:2] * (self.most - self.least + 1)).astype(jnp.int32)
        node = jnp.arange(self.nodes)
        if self.family == "ladders":
            rungs = sizes[0]
            along = (node[None, :] == node[:, None] + 2) & (node[None, :] < 2 * rungs)
            across = (node[None, :] == node[:, None] + 1) & (node[:, None] % 2 == 0) & (node[None, :] < 2 * rungs)
            upper = (along | across).astype(noise.dtype)
            return upper + upper.T
        first = node < sizes[0]
        second = ~first & (node < sizes.sum())
        same = (first[:, None] & first[None, :]) | (second[:, None] & second[None, :])
        upper = jnp.triu((pairs < self.within) & same, 1)
        ends = rest[2 : 2 + 2 * self.bridges].reshape(2, self.bridges)
        inner = jnp.floor(ends * sizes[:, None].astype(ends.dtype)).astype(jnp.int32)
        laid = jnp.arange(self.bridges) <= jnp.floor(rest[-1] * self.bridges).astype(jnp.int32)
        upper = upper.at[inner[0], sizes[0] + inner[1]].max(laid).astype(noise.dtype)
        return upper + upper.T

    def given(self, world: World) -> Graphs:
        return world.given

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, jax.Array]:
        """Rows int32 [b] of a minibatch."""
        return world, jax.random.randint(key, (self.batch,), 0, self.known)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        edges = jax.vmap(largest_part)(learner.draw_graphs(key, self.drawn))
        each = {
            "clustering_kl": divergence(clustering(world.true), clustering(edges)),
            "degree_kl": divergence(degrees(world.true), degrees(edges)),
            "betweenness_kl": divergence(betweenness(world.true), betweenness(edges)),
        }
        mean = sum(each.values(), jnp.zeros(())) / len(each)
        new = new_share(world.given.edges, edges)
        return {"mean_kl": mean, **each, "novel_unique": new, "empty": (edges.sum((1, 2)) == 0).mean()}

    def floor(self, world: World) -> Any:
        """Coins."""
        return SimpleNamespace(draw_graphs=lambda key, count: world.coins)

    def oracle(self, world: World) -> Any:
        """A second, larger draw."""
        return SimpleNamespace(draw_graphs=lambda key, count: world.second)


def degrees(edges: jax.Array) -> jax.Array:
    """How many nodes of graphs [c, n, n] have each number of neighbours, 1 to n - 1: [n - 1]."""
    kinds = jnp.arange(1, edges.shape[-1], dtype=edges.dtype)
    return (edges.sum(-1)[:, :, None] == kinds[None, None, :]).sum((0, 1)).astype(edges.dtype)


def clustering(edges: jax.Array) -> jax.Array:
    """How many nodes with neighbours have a share of linked pairs of these in each bin: [bins]."""
    degree = edges.sum(-1)
    pairs = degree * (degree - 1)
    triangles = ((edges @ edges) * edges).sum(-1)
    share = triangles / jnp.where(pairs > 0, pairs, 1.0)
    return histogram(share, degree > 0)


def betweenness(edges: jax.Array) -> jax.Array:
    """How many nodes with neighbours lie on a share of other pairs' shortest paths in each bin: [bins]."""
    shares = jax.vmap(path_shares)(edges)
    return histogram(shares, edges.sum(-1) > 0)


def path_shares(edges: jax.Array) -> jax.Array:
    """Mean share [n] of shortest paths through a node, over pairs of other nodes that exist."""
    nodes = len(edges)
    far = nodes + 1.0

    def further(carry: Search, length: jax.Array) -> tuple[Search, None]:
        paths = jnp.where(carry.distance == far, carry.paths @ edges, 0.0)
        distance = jnp.where(paths > 0, length, carry.distance)
        return Search(paths=paths, counts=carry.counts + paths, distance=distance), None

    start = jnp.eye(nodes)
    lengths = jnp.arange(1, nodes, dtype=edges.dtype)
    first = Search(paths=start, counts=start, distance=jnp.where(start > 0, 0.0, far))
    last, _ = jax.lax.scan(further, first, lengths)
    counts = last.counts
    distance = last.distance
    on = distance[:, :, None] + distance[None, :, :] == distance[:, None, :]  # [s, v, t]
    other = start == 0
    ends = other[:, :, None] & other[None, :, :] & other[:, None, :] & on
    through = counts[:, :, None] * counts[None, :, :] / jnp.maximum(counts, 1.0)[:, None, :]
    size = (edges.sum(1) > 0).sum().astype(edges.dtype)
    return jnp.where(ends, through, 0.0).sum((0, 2)) / jnp.maximum((size - 1) * (size - 2), 1.0)


def histogram(shares: jax.Array, exists: jax.Array) -> jax.Array:
    """How many of the shares [c, n] of nodes that exist lie in each of equal bins from 0 to 1: [bins]."""
    place = jnp.minimum(jnp.floor(shares * BINS + ROUNDING), BINS - 1).astype(jnp.int32)
    return jnp.zeros(BINS).at[place].add(exists.astype(shares.dtype))


def divergence(true: jax.Array, drawn: jax.Array) -> jax.Array:
    """Relative entropy [] of two histograms [k]."""
    p = (true + LEAST) / (true + LEAST).sum()
    q = (drawn + LEAST) / (drawn + LEAST).sum()
    return (p * jnp.log(p / q)).sum()


def fingerprints(edges: jax.Array) -> jax.Array:
    """A number uint32 [c] of each graph that doesn't depend on the order of its nodes."""
    same = jnp.zeros(edges.shape[-1], jnp.uint32)
    last = jax.vmap(lambda graph: colours(graph[None], same, ROUNDS)[-1])(edges)
    exists = (edges.sum(-1) > 0).astype(jnp.uint32)
    return (last * exists).sum(-1, dtype=jnp.uint32)


def new_share(given: jax.Array, drawn: jax.Array) -> jax.Array:
    """Share of the drawn graphs that colour refinement takes neither for a given one nor for one drawn before."""
    old = fingerprints(given)
    new = fingerprints(drawn)
    known = (new[:, None] == old[None, :]).any(1)
    before = jnp.tril(new[:, None] == new[None, :], -1).any(1)
    empty = drawn.sum((1, 2)) == 0
    return (~known & ~before & ~empty).mean()
