"""The worlds of the study: graphs, the texts written about them, and pairs for judging.

Shapes: n nodes, r walks a pair, m positions of a path, N texts, k pairs for judging.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.tasks.path_models import Corpus, Texts, TextSpec

WALKS = 10  # random paths of a training pair; 20 in the authors' data


class Graph(NamedTuple):
    """A directed acyclic graph.

    Attributes:
      edges: bool [n, n], from the row to the column.
      within: does the row come to the column in at most j edges? bool [longest + 1, n, n].
      rank: place of each node in an order that all edges follow, or its layer, int32 [n].
    """

    edges: jax.Array
    within: jax.Array
    rank: jax.Array

    def distance(self) -> jax.Array:
        """Edges of the shortest path, int32 [n, n]; longest + 1 where there is none."""
        return (~self.within).sum(0, dtype=jnp.int32)


def named(edges: jax.Array, rank: jax.Array, noise: jax.Array, longest: int) -> Graph:
    """The graph with shuffled names: edges bool [n, n], ranks int32 [n], noise [n]."""
    order = jnp.argsort(noise)
    shuffled = edges[order][:, order]
    step = shuffled.astype(jnp.float32)

    def farther(reach: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        onward = jnp.minimum(reach + step @ reach, 1.0)
        return onward, onward > 0

    here = jnp.eye(len(edges))
    _, later = jax.lax.scan(farther, here, None, length=longest)
    return Graph(edges=shuffled, within=jnp.concatenate([(here > 0)[None], later]), rank=rank[order])


def bernoulli_edges(uniform: jax.Array, chance: float) -> jax.Array:
    """bool [n, n]: an edge from each node to each later one with this chance; uniform [n, n]."""
    return jnp.triu(uniform < chance, 1)


def layered_edges(uniform: jax.Array, chance: float, layer: jax.Array) -> jax.Array:
    """bool [n, n]: an edge from each node to each one of the next layer with this chance; layers int32 [n]."""
    return (uniform < chance) & (layer[None, :] == layer[:, None] + 1)


def pick(uniform: jax.Array, allowed: jax.Array) -> jax.Array:
    """The place int32 [...] of a uniformly chosen true entry of allowed [..., n], by uniform numbers [...]."""
    count = jnp.cumsum(allowed.astype(jnp.float32), axis=-1)
    threshold = jnp.expand_dims(jnp.floor(uniform * count[..., -1]), -1)
    return jnp.argmax(count > threshold, axis=-1).astype(jnp.int32)


def walks(graph: Graph, uniform: jax.Array) -> jax.Array:
    """Random paths int32 [n, n, r, m] from each node to each other: uniform over successors that can still arrive.

    uniform [m - 1, n, n, r]. A path that has arrived stays at its goal; without a path it means nothing.
    """
    nodes = len(graph.edges)
    goal = jnp.broadcast_to(jnp.arange(nodes, dtype=jnp.int32)[None, :, None], uniform.shape[1:])
    start = jnp.broadcast_to(jnp.arange(nodes, dtype=jnp.int32)[:, None, None], uniform.shape[1:])

    def step(current: jax.Array, inputs: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        drawn, left = inputs
        allowed = graph.edges[current] & jnp.moveaxis(left, 1, 0)[goal]
        onward = jnp.where(current == goal, goal, pick(drawn, allowed))
        return onward, onward

    _, later = jax.lax.scan(step, start, (uniform, graph.within[:-1][::-1]))
    return jnp.moveaxis(jnp.concatenate([start[None], later]), 0, -1)


def expected_edges(graph: Graph) -> jax.Array:
    """Mean number of edges [n, n] of such a walk, exactly; it means nothing where no path is."""
    goal = jnp.eye(len(graph.edges))

    def step(mean: jax.Array, left: jax.Array) -> tuple[jax.Array, None]:
        allowed = (graph.edges[:, None, :] & left.T[None, :, :]).astype(jnp.float32)  # [current, goal, next]
        share = allowed / jnp.maximum(allowed.sum(2, keepdims=True), 1.0)
        return (1 - goal) * (1 + jnp.einsum("ctk,kt->ct", share, mean)), None

    mean, _ = jax.lax.scan(step, jnp.zeros_like(goal), graph.within[:-1])
    return mean


def write_corpus(graph: Graph, taught: jax.Array, denied: jax.Array, uniform: jax.Array, spec: TextSpec) -> Corpus:
    """All texts: ten random paths of each pair in `taught`, every edge of it as a path, "none" for pairs in `denied`.

    Both are bool [n, n]; uniform [m - 1, n, n, r]. The "none" texts together have the weight `spec.none_share`.
    """
    nodes = spec.nodes
    longest = spec.longest
    names = jnp.arange(nodes, dtype=jnp.int32)
    pair = jnp.stack(jnp.broadcast_arrays(names[:, None], names[None, :]), axis=-1)  # [n, n, 2]
    paths = walks(graph, uniform)
    goal = jnp.broadcast_to(names[None, :, None, None], paths.shape)
    walk_length = 3 + (paths != goal).sum(-1, dtype=jnp.int32)  # source and goal, and a path of one node more
    repeated = jnp.broadcast_to(pair[:, :, None, :], (*paths.shape[:3], 2))
    told = jnp.concatenate([repeated, paths], axis=-1).reshape(-1, longest + 3)
    blank = jnp.full((nodes, nodes, longest - 1), nodes, jnp.int32)
    direct = jnp.concatenate([pair, pair, blank], axis=-1).reshape(-1, longest + 3)
    denial = jnp.concatenate([pair, jnp.full_like(pair, nodes), blank], axis=-1).reshape(-1, longest + 3)

    walked = jnp.broadcast_to(taught[:, :, None], paths.shape[:3]).reshape(-1)
    positive = jnp.concatenate([walked, (graph.edges & taught).reshape(-1)]).astype(jnp.float32)
    negative = denied.reshape(-1).astype(jnp.float32)
    share = spec.none_share / (1 - spec.none_share) * positive.sum() / jnp.maximum(negative.sum(), 1.0)
    ones = jnp.ones(nodes * nodes, jnp.int32)
    weight = jnp.concatenate([positive, share * negative])
    tokens = jnp.concatenate([told, direct, denial])
    length = jnp.concatenate([walk_length.reshape(-1), 4 * ones, 3 * ones])  # "s t s t" and "s t none"
    there = weight > 0  # what is in no text is not handed over
    texts = Texts(tokens=jnp.where(there[:, None], tokens, nodes), length=jnp.where(there, length, 0))
    return Corpus(texts=texts, weight=weight)


def draw_texts(corpus: Corpus, uniform: jax.Array) -> Texts:
    """Texts of the corpus in proportion to their weights, one for each of the numbers [b]."""
    ends = jnp.cumsum(corpus.weight)
    rows = jnp.searchsorted(ends, uniform * ends[-1], side="right")
    return Texts(tokens=corpus.texts.tokens[rows], length=corpus.texts.length[rows])


class Pairs(NamedTuple):
    """Prompts int32 [k, 2] of sources and goals, and how much each counts, [k]; 0 for a place without a pair."""

    prompt: jax.Array
    weight: jax.Array


def choose(candidates: jax.Array, noise: jax.Array, count: int) -> Pairs:
    """At most `count` random pairs among the candidates bool [n, n]; noise [n, n] in [0, 1)."""
    nodes = len(candidates)
    score, place = jax.lax.top_k(jnp.where(candidates, 1 + noise, 0.0).reshape(-1), count)
    prompt = jnp.stack([place // nodes, place % nodes], axis=1).astype(jnp.int32)
    return Pairs(prompt=prompt, weight=(score > 0).astype(jnp.float32))


def matched(first: Pairs, second: Pairs, kind: jax.Array, kinds: int) -> tuple[Pairs, Pairs]:
    """Both with weights by which each kind of pair weighs the same in both: kind int32 [n, n], below `kinds`.

    A kind weighs as much as it has pairs in the smaller group.
    """
    one = jax.nn.one_hot(kind[first.prompt[:, 0], first.prompt[:, 1]], kinds)
    two = jax.nn.one_hot(kind[second.prompt[:, 0], second.prompt[:, 1]], kinds)
    in_first = first.weight @ one
    in_second = second.weight @ two
    common = jnp.minimum(in_first, in_second)
    return (
        first._replace(weight=first.weight * (one @ (common / jnp.maximum(in_first, 1.0)))),
        second._replace(weight=second.weight * (two @ (common / jnp.maximum(in_second, 1.0)))),
    )


def mean(values: jax.Array, weight: jax.Array) -> jax.Array:
    """Weighted mean of values [k]; 0 where nothing weighs."""
    return (values.astype(weight.dtype) * weight).sum() / jnp.maximum(weight.sum(), jnp.finfo(weight.dtype).tiny)
