"""The families' laws, breadth-first order, parts, histograms and fingerprints, each by a second way."""

import itertools
from collections import deque
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.tasks.graph_generation import breadth_first, largest_part
from toybench.tasks.graph_generation import small_graphs as module


def task(**knobs):
    return registry.load("tasks", "graph_generation/small_graphs")(**knobs)


def world(one, seed=0):
    return jax.tree.map(np.asarray, jax.jit(one.sample)(jax.random.key(seed)))


def random_graph(nodes, rate, seed):
    upper = np.triu(np.random.default_rng(seed).random((nodes, nodes)) < rate, 1)
    return (upper + upper.T).astype(np.float32)


def queue_order(edges):
    first = int(np.flatnonzero(edges.sum(1))[0])
    order = [first]
    waiting = deque([first])
    while waiting:
        for other in np.flatnonzero(edges[waiting.popleft()]):
            if other not in order:
                order.append(int(other))
                waiting.append(int(other))
    return order


@pytest.mark.parametrize("seed", range(6))
def test_breadth_first_order_is_that_of_a_queue(seed: int) -> None:
    edges = random_graph(9, 0.2, seed)
    edges[0] = edges[:, 0] = edges[0] * (seed > 2)  # in half of the cases the first node has no edges
    ours, size = jax.jit(breadth_first)(jnp.asarray(edges))
    order = queue_order(edges)
    assert int(size) == len(order)
    np.testing.assert_array_equal(np.asarray(ours)[: len(order), : len(order)], edges[np.ix_(order, order)])
    assert not np.asarray(ours)[len(order) :].any()


def parts(edges):
    left = set(range(len(edges)))
    while left:
        part = {left.pop()}
        while new := {j for i in part for j in np.flatnonzero(edges[i])} - part:
            part |= new
        left -= part
        yield sorted(part)


@pytest.mark.parametrize("seed", range(6))
def test_largest_part(seed: int) -> None:
    edges = random_graph(10, 0.15, seed + 20)
    kept = np.asarray(largest_part(jnp.asarray(edges)))
    best = max(map(len, parts(edges)))
    candidates = []
    for part in parts(edges):
        if len(part) == best:
            alone = np.zeros_like(edges)
            alone[np.ix_(part, part)] = edges[np.ix_(part, part)]
            candidates.append(alone)
    assert any((kept == alone).all() for alone in candidates)


def test_communities() -> None:
    """Sizes, symmetry, and the number of edges that two communities and their bridges have on average."""
    one = task()
    drawn = world(one)
    edges = np.concatenate([drawn.given.edges, drawn.true, drawn.second])
    assert edges.shape == (1400, 12, 12)
    assert (edges == edges.swapaxes(1, 2)).all()
    assert not edges.diagonal(axis1=1, axis2=2).any()
    count = drawn.given.size
    exists = np.arange(12)[None, :] < count[:, None]
    assert ((drawn.given.edges.sum(2) > 0) == exists).all()
    assert ((count >= 4) & (count <= 12)).all()
    assert 9.6 < count.mean() < 10.1  # 10 less the nodes that aren't linked
    pairs = np.mean([s * (s - 1) / 2 for s in (4, 5, 6)])
    bridges = 2 - np.mean([1 / (a * b) for a in (4, 5, 6) for b in (4, 5, 6)]) * np.mean([0, 1, 3])
    assert edges.sum((1, 2)).mean() / 2 == pytest.approx(2 * 0.7 * pairs + bridges, abs=0.5)
    assert edges.sum((1, 2)).max() / 2 <= one.spec.edges == 33


def test_two_communities_before_the_order() -> None:
    """One graph from given numbers: edges inside by the threshold, bridges where the numbers say."""
    one = task()
    noise = np.full(12**2 + 2 + 6 + 1, 0.9, np.float32)
    noise[144:146] = (0.0, 0.5)  # 4 and 5 nodes
    noise[146:149] = (0.0, 0.3, 0.3)  # nodes 0, 1 and 1 of the first
    noise[149:152] = (0.0, 0.9, 0.3)  # 4, 8 and 5 of the second
    noise[152] = 0.4  # two bridges
    noise[1] = 0.2  # the pair 0, 1
    edges = np.asarray(one.graph(jnp.asarray(noise)))
    assert sorted(zip(*np.nonzero(np.triu(edges)), strict=True)) == [(0, 1), (0, 4), (1, 8)]


def test_ladders() -> None:
    one = task(family="ladders")
    drawn = world(one)
    rungs = drawn.given.size // 2
    assert set(rungs) == {4, 5, 6}
    assert (drawn.given.edges.sum((1, 2)) / 2 == 3 * rungs - 2).all()
    degree = drawn.given.edges.sum(2)
    assert ((degree == 2).sum(1) == 4).all()
    assert ((degree == 3).sum(1) == 2 * rungs - 4).all()
    assert float(module.clustering(jnp.asarray(drawn.true))[1:].sum()) == 0
    assert one.spec.edges == 16


def test_coins_are_coins() -> None:
    drawn = world(task())
    pairs = drawn.given.size * (drawn.given.size - 1) / 2
    assert (drawn.coins.sum((1, 2)) / 2).mean() == pytest.approx(pairs.mean() / 2, rel=0.05)


def test_histograms_one_by_one() -> None:
    edges = np.stack([random_graph(7, rate, seed) for seed, rate in enumerate((0.3, 0.5, 0.8))])
    degree = np.zeros(6)
    share = np.zeros(100)
    for graph in edges:
        for node in range(7):
            near = np.flatnonzero(graph[node])
            if not len(near):
                continue
            degree[len(near) - 1] += 1
            linked = sum(graph[a, b] for a, b in itertools.combinations(near, 2))
            pairs = len(near) * (len(near) - 1) / 2
            share[min(int(np.floor((linked / pairs if pairs else 0) * 100 + 1e-3)), 99)] += 1
    np.testing.assert_array_equal(module.degrees(jnp.asarray(edges)), degree)
    np.testing.assert_array_equal(module.clustering(jnp.asarray(edges)), share)
    assert share[99] > 0


def shortest_paths(edges, start, end):
    paths = [[start]]
    while paths and not any(path[-1] == end for path in paths):
        paths = [[*path, int(node)] for path in paths for node in np.flatnonzero(edges[path[-1]]) if node not in path]
    return [path for path in paths if path[-1] == end]


@pytest.mark.parametrize("seed", range(4))
def test_betweenness_counts_shortest_paths(seed: int) -> None:
    edges = random_graph(7, 0.2 + 0.15 * seed, seed + 40)
    exists = [node for node in range(7) if edges[node].any()]
    expected = np.zeros(7)
    for a, b in itertools.combinations(exists, 2):
        paths = shortest_paths(edges, a, b)
        for path in paths:
            expected[path[1:-1]] += 1 / len(paths)
    pairs = (len(exists) - 1) * (len(exists) - 2) / 2
    np.testing.assert_allclose(module.path_shares(jnp.asarray(edges)), expected / pairs, atol=1e-5)


def test_betweenness_by_hand() -> None:
    """A path of four nodes: two of three pairs of other nodes pass through either inner node."""
    path = np.zeros((6, 6), np.float32)
    for a, b in ((0, 1), (1, 2), (2, 3)):
        path[a, b] = path[b, a] = 1
    np.testing.assert_allclose(module.path_shares(jnp.asarray(path)), [0, 2 / 3, 2 / 3, 0, 0, 0], atol=1e-6)
    assert np.asarray(module.betweenness(jnp.asarray(path[None])))[[0, 66]].tolist() == [2, 2]


def test_one_ladder_alone_is_far_from_all() -> None:
    """Degrees and triangles of one length are those of all, betweenness isn't."""
    one = task(family="ladders")
    drawn = jax.jit(one.sample)(jax.random.key(2))
    five = int(np.flatnonzero(np.asarray(drawn.given.size) == 10)[0])
    same = jnp.broadcast_to(drawn.given.edges[five], (200, 12, 12))
    collapsed = SimpleNamespace(draw_graphs=lambda key, count: same)
    score = one.evaluate(drawn, jax.random.key(0), collapsed)
    assert float(score["degree_kl"]) < 0.01
    assert float(score["betweenness_kl"]) > 1
    assert float(one.evaluate(drawn, jax.random.key(0), one.oracle(drawn))["betweenness_kl"]) < 0.05


def test_divergence_by_hand() -> None:
    true = jnp.array([1.0, 3.0, 0.0])
    drawn = jnp.array([2.0, 2.0, 4.0])
    expected = 0.25 * np.log(0.25 / 0.25) + 0.75 * np.log(0.75 / 0.25)
    assert float(module.divergence(true, drawn)) == pytest.approx(expected, rel=1e-4)
    never = module.divergence(jnp.array([1.0, 1.0]), jnp.array([1.0, 0.0]))
    assert float(never) == pytest.approx(0.5 * np.log(0.5) + 0.5 * np.log(0.5 / 1e-8), rel=1e-3)


def test_new_graphs_are_counted() -> None:
    """A path of four nodes is known in any order of nodes; a star twice is new once; no edges are nothing."""
    path = np.zeros((5, 5), np.float32)
    for a, b in ((0, 1), (1, 2), (2, 3)):
        path[a, b] = path[b, a] = 1
    other = path[np.ix_([3, 0, 4, 2, 1], [3, 0, 4, 2, 1])]
    star = np.zeros((5, 5), np.float32)
    star[0, 1:4] = star[1:4, 0] = 1
    drawn = jnp.asarray(np.stack([other, star, star[::-1, ::-1], np.zeros((5, 5), np.float32)]))
    assert float(module.new_share(jnp.asarray(path[None]), drawn)) == 0.25


@pytest.mark.parametrize("family", ["communities", "ladders"])
def test_references(family: str) -> None:
    one = task(family=family)
    drawn = jax.jit(one.sample)(jax.random.key(1))
    score = {name: one.evaluate(drawn, jax.random.key(0), getattr(one, name)(drawn)) for name in ("floor", "oracle")}
    assert float(score["floor"]["degree_kl"]) > 0.2
    assert float(score["floor"]["clustering_kl"]) > 0.2
    assert float(score["oracle"]["degree_kl"]) < 0.05
    assert float(score["oracle"]["clustering_kl"]) < 0.15
    assert float(score["oracle"]["mean_kl"]) < 0.1 < float(score["floor"]["mean_kl"])
    assert float(score["floor"]["empty"]) == 0
    assert (float(score["oracle"]["novel_unique"]) > 0.8) == (family == "communities")
