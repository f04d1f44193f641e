"""Orbit counts against induced subgraphs one by one, and what is made of counts."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.node_embeddings import _pmi, orbit_pmi, walk_pmi
from toybench.plugins import registry
from toybench.tasks.node_embeddings import ORBITS, Graph, Spec


def random_graph(nodes, rate, seed=0):
    upper = np.triu(np.random.default_rng(seed).random((nodes, nodes)) < rate, 1)
    return (upper + upper.T).astype(np.float32)


NAMES = {
    (1, 1): "edge",
    (1, 1, 2): "wedge",
    (2, 2, 2): "triangle",
    (1, 1, 2, 2): "path",
    (1, 1, 1, 3): "claw",
    (2, 2, 2, 2): "square",
    (1, 2, 2, 3): "paw",
    (2, 2, 3, 3): "diamond",
    (3, 3, 3, 3): "clique",
}


def enumerated(edges):
    """Every set of two to four nodes, by the degrees inside it; connected ones are told by them."""
    nodes = len(edges)
    counts = np.zeros((len(ORBITS), nodes, nodes))
    for size in (2, 3, 4):
        for group in itertools.combinations(range(nodes), size):
            inner = edges[np.ix_(group, group)]
            degrees = inner.sum(1).astype(int)
            name = NAMES.get(tuple(sorted(degrees)))
            if name is None:
                continue
            for a, b in itertools.permutations(range(size), 2):
                low, high = sorted((degrees[a], degrees[b]))
                counts[ORBITS.index((name, low, high, bool(inner[a, b]))), group[a], group[b]] += 1
    return counts


@pytest.mark.parametrize("rate", [0.35, 0.65])
def test_orbit_counts_by_enumeration(rate: float) -> None:
    edges = random_graph(11, rate)
    counts = np.asarray(jax.jit(orbit_pmi.orbit_counts)(jnp.asarray(edges)))
    expected = enumerated(edges)
    off = ~np.eye(11, dtype=bool)
    np.testing.assert_allclose(counts[:, off], expected[:, off], atol=1e-3)
    assert (expected.reshape(20, -1).sum(1) > 0).sum() >= 19  # the test sees nearly every orbit


def test_no_node_shares_a_graphlet_with_itself() -> None:
    counts = np.asarray(jax.jit(orbit_pmi.orbit_counts)(jnp.asarray(random_graph(11, 0.5))))
    np.testing.assert_allclose(np.diagonal(counts, axis1=1, axis2=2), 0.0)


def test_a_square_alone() -> None:
    ring = jnp.asarray(np.roll(np.eye(4), 1, 0) + np.roll(np.eye(4), -1, 0), jnp.float32)
    counts = np.asarray(orbit_pmi.orbit_counts(ring))
    assert counts[ORBITS.index(("square", 2, 2, True))].sum() == 8
    assert counts[ORBITS.index(("square", 2, 2, False))].sum() == 4
    assert counts[4:].sum() == 12


def test_identity_of_simple_paths() -> None:
    one = registry.load("tasks", "node_embeddings/path_orbits")(nodes=12)
    edges = jax.jit(one.sample)(jax.random.key(0))
    method = registry.load("methods", "node_embeddings/orbit_pmi")(spec=one.spec)
    learner = type("Learner", (), {"orbit_counts": staticmethod(lambda e: method.orbit_counts((), e))})
    assert float(one.evaluate(edges, jax.random.key(0), learner)["path_identity"]) < 1e-3
    floor = one.evaluate(edges, jax.random.key(0), one.floor(edges))
    assert float(floor["path_identity"]) > 3


def test_pmi_by_hand() -> None:
    counts = jnp.array([[0.0, 3.0, 1.0], [3.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    # sums 4, 3, 1 of 8: 3 / (4 * 3 / 8) = 2, 1 / (4 * 1 / 8) = 2
    expected = np.log([[1.0, 2.0, 2.0], [2.0, 1.0, 1.0], [2.0, 1.0, 1.0]])
    np.testing.assert_allclose(_pmi.positive_pmi(counts), expected, atol=1e-6)
    assert bool((_pmi.positive_pmi(jnp.zeros((3, 3))) == 0).all())
    # less than expected counts as nothing: 1 where 6 * 6 / 22 would be usual
    rare = _pmi.positive_pmi(jnp.array([[1.0, 5.0], [5.0, 11.0]]))
    assert float(rare[0, 0]) == 0
    assert float(rare[0, 1]) == pytest.approx(np.log(5 * 22 / (6 * 16)), abs=1e-6)


def test_factors_are_those_of_the_best_svd() -> None:
    matrix = random_graph(12, 0.5)
    u, s, _ = np.linalg.svd(matrix)
    ours = np.asarray(_pmi.factors(jnp.asarray(matrix), 5))
    np.testing.assert_allclose((ours**2).sum(0), s[:5], rtol=1e-4)
    np.testing.assert_allclose(ours @ ours.T, (u[:, :5] * s[:5]) @ u[:, :5].T, atol=1e-3)


def test_walk_counts_are_those_of_netmf() -> None:
    """Their logarithm's argument: vol / T (sum_t (D^-1 A)^t) D^-1."""
    edges = random_graph(9, 0.5)
    degree = edges.sum(1)
    chances = edges / degree[:, None]
    counts = np.asarray(walk_pmi.walk_counts(jnp.asarray(edges)))
    for window in (1, 2, 4):
        powers = sum(np.linalg.matrix_power(chances, t) for t in range(1, window + 1))
        netmf = degree.sum() / window * powers / degree[None, :]
        expected = np.log(np.maximum(netmf, 1.0))
        np.testing.assert_allclose(_pmi.positive_pmi(jnp.asarray(counts[window - 1])), expected, atol=1e-4)
    np.testing.assert_array_equal(counts[0], edges)


def two_cliques(seen=8):
    """Eight nodes each, linked by a ring of edges between them."""
    block = np.kron(np.eye(2), np.ones((8, 8)) - np.eye(8))
    for i in range(8):
        block[i, 8 + i] = block[8 + i, i] = 1.0
    labels = np.repeat([0, 1], 8)
    known = np.arange(16) % 2 == 0
    graph = Graph(edges=jnp.asarray(block, jnp.float32), y=jnp.asarray(np.where(known, labels, -1), jnp.int32))
    return graph, labels, ~known


@pytest.mark.parametrize("stem", ["orbit_pmi", "walk_pmi", "edge_pmi", "triangle_pmi"])
def test_two_cliques_are_told_apart(stem: str) -> None:
    graph, labels, hidden = two_cliques()
    method = registry.load("methods", f"node_embeddings/{stem}")(spec=Spec(nodes=16, classes=2), given=graph, rank=2)
    scores = np.asarray(jax.jit(lambda: method.node_scores(()))())
    assert (scores.argmax(1) == labels)[hidden].all()


def test_the_matrix_with_the_least_held_out_error_is_read() -> None:
    graph, labels, hidden = two_cliques()
    noise = jnp.asarray(random_graph(16, 0.4, seed=3))
    both = jnp.stack([noise, graph.edges])
    ours = _pmi.scores_by_folds(both, graph, 2, 2)
    np.testing.assert_allclose(ours, _pmi.scores_by_folds(graph.edges[None], graph, 2, 2), atol=1e-5)
