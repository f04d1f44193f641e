"""Graphs that grow, rounding by bits, attention and Dijkstra by loops, and where precision ends."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.discrete_graphs import shortest_lengths
from toybench.methods.algorithm_simulation import _layers as layers
from toybench.methods.algorithm_simulation.binary_addresses import signs
from toybench.methods.algorithm_simulation.looped_transformer import FLOAT32, angles, flags, walk
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.algorithm_simulation import GraphSpec, bellman_ford
from toybench.tasks.algorithm_simulation.shortest_paths import BEYOND, LARGEST, SIZES, Graph, of_size

KEY = jax.random.key(3)
SMALL = 96  # nodes of the arrays in tests
BFLOAT16 = 2.0**-7
PHASE = jnp.float32(0.7)


def task() -> Any:
    return registry.load("tasks", "algorithm_simulation/shortest_paths")()


def method(stem: str, **values: Any) -> Any:
    return registry.load("methods", f"algorithm_simulation/{stem}")(spec=GraphSpec(nodes=SMALL), **values)


@pytest.fixture(scope="module")
def world() -> Any:
    return jax.jit(task().sample)(KEY)


def small_graph(world: Any, size: int) -> tuple[Graph, np.ndarray]:
    """The graph of so many nodes in smaller arrays, and its distances."""
    index = SIZES.index(size)
    graph = of_size(world, jnp.int32(size), world.ranks[index])
    distances = np.asarray(world.distances[index][graph.order])[:size]
    return graph._replace(lengths=graph.lengths[:SMALL, :SMALL]), distances


def answered(stem: str, graph: Graph, size: int, **values: Any) -> np.ndarray:
    learner = Learner(method(stem, **values), PHASE)
    found = jax.jit(lambda g, n: learner.distances(g.lengths, n, g.source))(graph, jnp.int32(size))
    return np.asarray(found)[:size]


def test_graphs_are_connected_and_sparse(world: Any) -> None:
    lengths = np.asarray(world.lengths)
    assert (lengths == lengths.T).all() and (np.diag(lengths) == 0).all()
    assert set(np.unique(lengths)) == {0.0, 1.0, 2.0, 3.0, 4.0, 5.0}
    for size in (8, 60, LARGEST):
        inside = lengths[:size, :size] > 0
        assert 2.5 < inside.sum() / size < 4.0, "two links each, of which some fall on one another"
        assert inside[1:].any(1).all()


@pytest.mark.parametrize("size", [8, 30, 121])
def test_distances_by_floyd_and_warshall(world: Any, size: int) -> None:
    lengths = world.lengths[:size, :size]
    every = shortest_lengths(jnp.where(lengths > 0, lengths, jnp.inf))
    np.testing.assert_array_equal(world.distances[SIZES.index(size)][:size], every[0])
    graph = of_size(world, jnp.int32(size), world.ranks[SIZES.index(size)])
    again = np.asarray(bellman_ford(graph.lengths, graph.source))
    assert np.isinf(again[size:]).all()
    np.testing.assert_array_equal(again[:size], every[0][graph.order[:size]])


def test_nodes_are_numbered_anew_at_each_size(world: Any) -> None:
    orders = [np.asarray(of_size(world, jnp.int32(n), world.ranks[SIZES.index(n)]).order) for n in (60, 64)]
    assert (np.sort(orders[0][:60]) == np.arange(60)).all()
    assert (orders[0][:60] != orders[1][:60]).mean() > 0.8


def test_references(world: Any) -> None:
    t = task()
    low, high = (jax.jit(lambda w, r=r: t.evaluate(w, KEY, r(w)))(world) for r in (t.floor, t.oracle))
    assert {k: float(v) for k, v in high.items()} == {"first_failure": BEYOND, "exact_share": 1.0, "accuracy": 1.0}
    assert float(low["first_failure"]) == 8 and float(low["exact_share"]) == 0 and 0 < float(low["accuracy"]) < 0.5


def test_one_wrong_distance_is_found(world: Any) -> None:
    class Wrong:
        def distances(self, lengths: jax.Array, nodes: jax.Array, source: jax.Array) -> jax.Array:
            found = bellman_ford(lengths, source)
            return jnp.where((nodes == 60) & (jnp.arange(LARGEST) == 59), found + 1, found)

    found = jax.jit(lambda w: task().evaluate(w, KEY, Wrong()))(world)
    assert float(found["first_failure"]) == 60
    assert float(found["exact_share"]) == pytest.approx(1 - 1 / len(SIZES))
    assert float(found["accuracy"]) == pytest.approx(1 - 1 / 60 / len(SIZES), abs=1e-6)


def test_rounding_is_that_of_narrow_floats() -> None:
    x = jnp.concatenate([jax.random.normal(KEY, (500,)) * 30, jnp.array([0.0, 1.0, -1.0, 257.0, 0.99999])])
    np.testing.assert_array_equal(layers.rounded(x, BFLOAT16), x.astype(jnp.bfloat16).astype(jnp.float32))
    np.testing.assert_array_equal(layers.rounded(x, 2.0**-10), x.astype(jnp.float16).astype(jnp.float32))
    np.testing.assert_array_equal(layers.rounded(x, FLOAT32), x)


def softmax_at_zero(logits: np.ndarray) -> np.ndarray:
    """Equal weights of the largest."""
    weights = (logits == logits.max()).astype(np.float64)
    return weights / weights.sum()


def rows_by_loops(addresses: np.ndarray, pointer: np.ndarray) -> np.ndarray:
    """Attention [1 + n, 1 + n] of all rows to all rows, the graph's row first, at bfloat16's spacing."""
    every = np.concatenate([pointer[None], addresses]).astype(np.float32)
    logits = (every @ every.T).astype(jnp.bfloat16).astype(np.float64)
    return np.stack([softmax_at_zero(row) for row in logits])


def dijkstra_by_loops(addresses: np.ndarray, pointers: np.ndarray, lengths: np.ndarray, source: int) -> np.ndarray:
    """One turn of the pointer after the other, each with attention between all rows, at bfloat16's spacing."""

    def rounded(x: Any) -> Any:
        return np.asarray(x, np.float32).astype(jnp.bfloat16).astype(np.float64)

    n = len(addresses)
    weights = [rows_by_loops(addresses, pointer) for pointer in pointers]
    found = np.full(n, layers.FAR)
    found[source] = 0
    visited = np.zeros(n, bool)
    for _ in range(n):
        best, kept = 10 * layers.FAR, 0
        for turn in range(n):
            column = np.concatenate([[0], np.where(visited, layers.FAR, found)])
            value = rounded(2 * weights[turn][0] @ column)
            if value < best:
                best, kept = value, turn
        flags = np.concatenate([[1], np.zeros(n)])  # of the graph's row
        told = 2 * weights[kept] @ flags
        row = rounded(lengths.T @ told[1:])
        for node in range(n):
            offer = rounded(best + row[node])
            if row[node] > 0 and offer < found[node]:
                found[node] = offer
        visited |= told[1:] > 0.5
    return found


@pytest.mark.parametrize(("size", "right"), [(30, True), (64, False)])
def test_a_simulation_row_by_row_agrees_also_where_it_fails(world: Any, size: int, right: bool) -> None:
    graph, distances = small_graph(world, size)
    here = jnp.arange(SMALL) < size
    every = angles(jnp.int32(size), SMALL, PHASE, BFLOAT16)
    addresses = every[1:]
    pointers = walk(addresses, here, jnp.int32(size), every[0], "nearest", BFLOAT16)
    slowly = dijkstra_by_loops(
        np.asarray(addresses)[:size],
        np.asarray(pointers)[:size],
        np.asarray(graph.lengths)[:size, :size],
        int(graph.source),
    )
    np.testing.assert_array_equal(answered("looped_transformer", graph, size, spacing=BFLOAT16), slowly)
    assert (slowly == distances).all() == right


def test_heads_by_hand() -> None:
    """Two nodes share an address: reads mix both and the graph's row itself, and both are told."""
    addresses = jnp.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    heads = layers.attend(addresses, addresses, jnp.ones(3, bool), FLOAT32)
    third = 2 / 3
    np.testing.assert_allclose(heads.read, [[third, third, 0], [third, third, 0], [0, 0, 1]], rtol=1e-6)
    np.testing.assert_allclose(heads.flag, [[third, third, 0], [third, third, 0], [0, 0, 1]], rtol=1e-6)
    longer = layers.attend(addresses, 2 * addresses, jnp.ones(3, bool), FLOAT32)
    np.testing.assert_allclose(longer.flag[2], [0, 0, 2])
    np.testing.assert_allclose(longer.read[2], [0, 0, 0])


def test_the_pointer_meets_every_node_in_single_precision() -> None:
    for size in (8, 57, LARGEST):
        here = jnp.arange(LARGEST) < size
        every = angles(jnp.int32(size), LARGEST, PHASE, FLOAT32)
        pointers = walk(every[1:], here, jnp.int32(size), every[0], "nearest", FLOAT32)
        np.testing.assert_array_equal(pointers[:size], every[1 : 1 + size])


@pytest.mark.parametrize("stem", ["looped_transformer", "binary_addresses"])
def test_dense_graphs_and_nodes_without_a_path(stem: str) -> None:
    generator = np.random.default_rng(0)
    lengths = np.triu(generator.integers(0, 6, (SMALL, SMALL)), 1)
    lengths[:, 20] = lengths[20] = 0
    graph = Graph(lengths=jnp.asarray(lengths + lengths.T, jnp.float32), order=jnp.arange(SMALL), source=jnp.int32(5))
    inside = graph.lengths[:40, :40]
    expected = np.asarray(bellman_ford(inside, jnp.int32(5)))
    found = answered(stem, graph, 40)
    np.testing.assert_array_equal(np.where(found == layers.FAR, np.inf, found), expected)
    assert np.isinf(expected[20])


def test_a_long_chain() -> None:
    """Distances up to 475, in an order of the nodes that isn't the chain's."""
    place = np.random.default_rng(1).permutation(SMALL)
    lengths = np.zeros((SMALL, SMALL), np.float32)
    lengths[place[:-1], place[1:]] = lengths[place[1:], place[:-1]] = 5
    graph = Graph(lengths=jnp.asarray(lengths), order=jnp.arange(SMALL), source=jnp.int32(place[0]))
    expected = np.zeros(SMALL)
    expected[place] = 5 * np.arange(SMALL)
    np.testing.assert_array_equal(answered("looped_transformer", graph, SMALL), expected)


def test_flags_by_hand() -> None:
    """A node of the pointer's address is flagged, as the graph's row is; where norms differ the pointer is lost."""
    addresses = jnp.array([[0.0, 1.0], [1.0, 0.0], [0.0, -1.0]])
    here = jnp.ones(3, bool)
    np.testing.assert_array_equal(flags(addresses, here, addresses[1], FLOAT32), addresses[1])
    np.testing.assert_array_equal(flags(addresses, here, 0.9 * addresses[1], FLOAT32), [0, 0])
    pair = jnp.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    np.testing.assert_allclose(flags(pair, here, pair[0], FLOAT32), [0, 4 / 3], rtol=1e-6)


def test_a_round_visits_one_node(world: Any) -> None:
    graph, distances = small_graph(world, 64)
    found = answered("looped_transformer", graph, 64, rounds=1)
    edges = np.asarray(graph.lengths)[int(graph.source), :64]
    expected = np.where(edges > 0, edges, layers.FAR)
    expected[int(graph.source)] = 0
    np.testing.assert_array_equal(found, expected)
    settled = [(answered("looped_transformer", graph, 64, rounds=r) == distances).sum() for r in (1, 8, 64)]
    assert settled[0] < settled[1] < settled[2] == 64


def test_precision_ends_for_angles_and_not_for_signs(world: Any) -> None:
    for size, right in ((38, True), (76, False)):
        graph, distances = small_graph(world, size)
        assert (answered("looped_transformer", graph, size, spacing=BFLOAT16) == distances).all() == right
        assert (answered("binary_addresses", graph, size) == distances).all()


def test_signs_count_differing_bits() -> None:
    table = np.asarray(signs(24))
    assert table.shape == (24, 5)
    for i, j in ((0, 0), (3, 5), (7, 16), (23, 1)):
        assert table[i] @ table[j] == 5 - 2 * (i ^ j).bit_count()
