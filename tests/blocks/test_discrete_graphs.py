"""Graphs against search over all their paths."""

from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import discrete_graphs


def drawn(seed: int, nodes: int = 8, probability: float = 0.4) -> jax.Array:
    keys = jax.random.split(jax.random.key(seed))
    order = jax.random.permutation(keys[0], nodes)
    return discrete_graphs.random_dag(jax.random.uniform(keys[1], (nodes, nodes)), order, probability)


def all_paths(edges: np.ndarray, source: int, goal: int) -> list[tuple[int, ...]]:
    if source == goal:
        return [(goal,)]
    return [(source, *rest) for there in np.flatnonzero(edges[source]) for rest in all_paths(edges, int(there), goal)]


@pytest.mark.parametrize("seed", range(3))
def test_counts_and_closure_are_those_of_all_paths(seed: int) -> None:
    edges = np.asarray(drawn(seed))
    counts = discrete_graphs.path_counts(jnp.asarray(edges))
    reached = discrete_graphs.closure(jnp.asarray(edges))
    for source in range(len(edges)):
        for goal in range(len(edges)):
            number = len(all_paths(edges, source, goal))
            assert counts[source, goal] == number
            assert bool(reached[source, goal]) == (source != goal and number > 0)


def test_edges_follow_the_order() -> None:
    order = jnp.array([2, 0, 3, 1])
    edges = discrete_graphs.random_dag(jnp.zeros((4, 4)), order, 0.5)
    assert {(int(i), int(j)) for i, j in zip(*np.nonzero(edges), strict=True)} == {
        (2, 0), (2, 3), (2, 1), (0, 3), (0, 1), (3, 1),
    }  # fmt: skip
    assert discrete_graphs.random_dag(jnp.full((4, 4), 0.6), order, 0.5).sum() == 0


def test_a_chain_and_a_circle_are_closed() -> None:
    chain = jnp.diag(jnp.ones(8), 1)
    np.testing.assert_array_equal(discrete_graphs.closure(chain), np.triu(np.ones((9, 9), bool), 1))
    circle = chain.at[8, 0].set(1.0)
    assert bool(discrete_graphs.closure(circle).all())


@pytest.mark.parametrize("seed", range(3))
def test_shortest_lengths_by_relaxing_every_edge(seed: int) -> None:
    keys = jax.random.split(jax.random.key(seed))
    draw = jax.random.uniform(keys[0], (9, 9))
    lengths = jnp.where(jax.random.uniform(keys[1], (9, 9)) < 0.2, draw, jnp.inf)
    expected = np.where(np.eye(9) > 0, 0, np.inf)
    for _ in range(9):  # Bellman and Ford
        expected = np.minimum(expected, (expected[:, :, None] + np.asarray(lengths)[None]).min(1))
    found = discrete_graphs.shortest_lengths(lengths)
    assert np.isinf(expected).any()
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_every_path_is_drawn_equally_often() -> None:
    edges = drawn(5)
    counts = discrete_graphs.path_counts(edges)
    source, goal = jnp.divmod(counts.argmax(), len(edges))
    paths = all_paths(np.asarray(edges), int(source), int(goal))
    assert 8 <= len(paths) < 40
    uniform = jax.random.uniform(jax.random.key(1), (4000, 8))
    nodes, lengths = jax.vmap(discrete_graphs.draw_path, in_axes=(0, None, None, None, None))(
        uniform, edges, counts, source, goal
    )
    seen = Counter(tuple(row[: length + 1]) for row, length in zip(nodes.tolist(), lengths.tolist(), strict=True))
    assert set(seen) == set(paths)
    expected = 4000 / len(paths)
    assert sum((seen[p] - expected) ** 2 / expected for p in paths) < 2 * len(paths)  # chi squared: mean len(paths) - 1
    assert (nodes[:, -1] == goal).all()
