"""Paths by search, hop distances by breadth, and the cell that reads paths by numpy."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import paths


def random_edges(seed: int, count: int, links: int) -> np.ndarray:
    draws = np.random.default_rng(seed)
    edges = np.zeros((count, count), np.float32)
    for a, b in draws.integers(0, count, (links, 2)):
        if a != b:
            edges[a, b] = edges[b, a] = 1.0
    return edges


def searched(edges: np.ndarray, length: int) -> set[tuple[int, ...]]:
    """All simple paths of so many edges, by extending them one by one."""
    found: set[tuple[int, ...]] = {(i,) for i in range(len(edges))}
    for _ in range(length):
        found = {(*p, int(j)) for p in found for j in np.flatnonzero(edges[p[-1]]) if j not in p}
    return found


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_all_simple_paths_and_each_once(seed: int) -> None:
    edges = random_edges(seed, 8, 12)
    degree = int(edges.sum(1).max())
    for length, found in enumerate(paths.simple_paths(jnp.asarray(edges), degree + 1, 4), start=1):
        assert found.nodes.shape[-1] == length + 1
        listed = [tuple(p) for p in np.asarray(found.nodes)[np.asarray(found.valid) > 0]]
        assert len(set(listed)) == len(listed)
        assert set(listed) == searched(edges, length)
        roots = np.asarray(found.nodes)[:, :, 0]
        assert (roots == np.arange(8)[:, None]).all()


def test_paths_of_a_circle_with_its_own_degree() -> None:
    edges = np.roll(np.eye(6, dtype=np.float32), 1, 1)
    edges = edges + edges.T
    counts = [float(p.valid.sum()) for p in paths.simple_paths(jnp.asarray(edges), 2, 6)]
    assert counts == [12.0] * 5 + [0.0]  # two ways from each node, until the circle closes


def test_hop_distances_by_breadth() -> None:
    edges = random_edges(3, 9, 9)
    expected = np.full((9, 9), 5)
    for start in range(9):
        level = {start}
        seen = {start}
        for length in range(5):
            expected[start, sorted(level)] = length
            level = {int(j) for i in level for j in np.flatnonzero(edges[i])} - seen
            seen |= level
    np.testing.assert_array_equal(paths.hop_distances(jnp.asarray(edges), 4), expected)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("codes", [0, 4])
def test_the_cell_reads_from_the_far_end_by_numpy(codes: int) -> None:
    edges = jnp.asarray(random_edges(4, 6, 8))[None]
    degree = int(edges.sum(2).max())
    found = jax.vmap(partial(paths.simple_paths, degree=degree, limit=3))(edges)[2]
    hops = paths.hop_distances(edges, 3)
    h = jax.random.normal(jax.random.key(0), (1, 6, 5))
    module = paths.PathLSTM(width=3, codes=codes)
    params = module.init(jax.random.key(1), h, found, hops)
    noise = np.random.default_rng(0)
    params = jax.tree.map(lambda p: jnp.asarray(0.5 * noise.normal(size=p.shape), jnp.float32), params)
    own = jax.tree.map(lambda p: np.asarray(p, np.float64), params["params"])
    expected = np.zeros((6, 3))
    for path in searched(np.asarray(edges[0]), 3):
        state = np.zeros(3)
        cell = np.zeros(3)
        for node in reversed(path):
            gates = np.asarray(h[0, node]) @ own["seen"]["kernel"] + own["seen"]["bias"] + state @ own["held"]["kernel"]
            if codes:
                code = own["code"]["embedding"][int(hops[0, path[0], node])]
                gates = gates + code @ own["coded"]["kernel"]
            enter, forget, leave, new = np.split(gates, 4)
            cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(new)
            state = sigmoid(leave) * np.tanh(cell)
        expected[path[0]] += state
    np.testing.assert_allclose(module.apply(params, h, found, hops)[0], expected, rtol=1e-4, atol=1e-4)
