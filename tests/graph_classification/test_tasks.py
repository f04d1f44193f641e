"""The worlds' laws by counting, by brute force and by algebra; metrics by hand; references."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.errors import UsageError
from toybench.plugins import registry
from toybench.tasks.graph_classification import _pairs, accuracy, untyped
from toybench.tasks.graph_classification._sets import TESTED
from toybench.tasks.graph_classification.bonded_trees import BondedTrees
from toybench.tasks.graph_classification.labelled_pairs import LabelledPairs, pair_accuracy
from toybench.tasks.graph_classification.planted_motifs import MOTIFS, PlantedMotifs
from toybench.tasks.graph_classification.wl_hard_pairs import WlHardPairs, separation


def neighbourhood(edges: np.ndarray, node: int) -> np.ndarray:
    """Sorted degrees among the neighbours of a node."""
    around = np.flatnonzero(edges[node])
    return np.sort(edges[np.ix_(around, around)].sum(0))


def test_partners_have_equal_counts_and_are_not_one_graph() -> None:
    for name in _pairs.PAIRS:
        stacked = _pairs.matrices(name)
        assert (stacked == stacked.transpose(0, 2, 1)).all()
        for one, other in zip(stacked[0::2], stacked[1::2], strict=True):
            np.testing.assert_array_equal(np.sort(one.sum(0)), np.sort(other.sum(0)))
            apart = [np.trace(np.linalg.matrix_power(g, k)) for g in (one, other) for k in (3, 4, 5, 6, 8, 10)]
            same_walks = apart[:6] == apart[6:]
            assert same_walks == (name == "strongly_regular")  # closed walks tell the sparse ones apart


def test_the_strongly_regular_pair() -> None:
    rook, shrikhande = _pairs.matrices("strongly_regular")
    for graph in (rook, shrikhande):  # srg(16, 6, 2, 2): A^2 = 4 I + 2 J
        np.testing.assert_array_equal(graph @ graph, 4 * np.eye(16) + 2)
    np.testing.assert_array_equal(neighbourhood(rook, 0), [2] * 6)
    ring = shrikhande[np.ix_(np.flatnonzero(shrikhande[0]), np.flatnonzero(shrikhande[0]))]
    assert np.trace(np.linalg.matrix_power(ring, 3)) == 0  # a hexagon, where the rook's are two triangles
    triangles = rook[np.ix_(np.flatnonzero(rook[0]), np.flatnonzero(rook[0]))]
    assert np.trace(np.linalg.matrix_power(triangles, 3)) == 12


def test_skips_three_and_four_of_eleven_are_one_graph() -> None:
    def links(*skips: int, factor: int = 1) -> set[frozenset[int]]:
        return {frozenset(((factor * a) % 11, (factor * b) % 11)) for a, b in _pairs.circle(11, *skips)}

    assert links(1, 3, factor=4) == links(1, 4)
    assert all(links(1, 2, factor=f) != links(1, 3) for f in range(1, 11))


def test_separation_by_hand() -> None:
    found = np.ones((3, 4, 2), np.float32)
    found[:, 1] = 1.5  # partners 0 and 1 differ
    found[:, 3] = 1.5
    found[0, 3] = 1.52  # partners 2 and 3 differ, but numberings as well
    assert float(separation(jnp.asarray(found))) == 0.5
    found[:, 1] = 1.00005  # less than 100 times what float32 rounds
    assert float(separation(jnp.asarray(found))) == 0.0


def test_pair_accuracy_by_hand() -> None:
    own = np.eye(4, dtype=np.float32)
    assert float(pair_accuracy(jnp.asarray(own))) == 1.0
    assert float(pair_accuracy(jnp.asarray(own[[1, 0, 2, 3]]))) == 0.5  # the first pair is exchanged
    assert float(pair_accuracy(jnp.asarray(np.tile(own[0], (4, 1))))) == 0.5  # always the first name
    blind = np.zeros((4, 4), np.float32)
    blind[0, 0] = blind[2, 2] = 1e-4  # what rounding alone would win
    assert float(pair_accuracy(jnp.asarray(blind))) == 0.5
    np.testing.assert_allclose(pair_accuracy(jnp.asarray(np.concatenate([own, own[[1, 0, 3, 2]]]))), 0.5)


@pytest.fixture(scope="module")
def motifs():
    return jax.jit(lambda key: PlantedMotifs().drawn(key, 40))(jax.random.key(0))


def test_motif_graphs_have_equal_counts(motifs) -> None:
    edges = np.asarray(motifs.graphs.edges)
    assert edges.shape == (40, 1, 16, 16)
    assert (edges.sum((1, 2, 3)) == 48).all()
    assert (edges == edges.transpose(0, 1, 3, 2)).all()
    assert set(np.unique(edges)) == {0.0, 1.0}
    assert np.trace(edges.sum((0, 1))) == 0
    assert (np.asarray(motifs.graphs.x).sum(1) == 4).all()
    np.testing.assert_array_equal(motifs.y, np.arange(40) % 4)


def test_motifs_are_there_by_brute_force(motifs) -> None:
    """Groups of four labels whose edges are exactly the class's: two planted ones at least."""
    counts = np.zeros((4, 4))
    for edges, x, y in zip(motifs.graphs.edges[:, 0], motifs.graphs.x, motifs.y, strict=True):
        graph = np.asarray(edges)
        groups = [np.flatnonzero(np.asarray(x)[:, label]) for label in range(4)]
        for nodes in itertools.product(*groups):
            inside = {(a, b) for a, b in itertools.combinations(range(4), 2) if graph[nodes[a], nodes[b]]}
            for kind, motif in enumerate(MOTIFS):
                counts[int(y), kind] += inside == set(motif)
    counts /= 10
    assert (np.diagonal(counts) >= 2).all()
    np.testing.assert_array_equal(counts.argmax(0), np.arange(4))  # where it is planted there are most of a motif
    assert counts[[0, 1, 3], 2].max() < 0.5  # cliques hardly come about by chance


@pytest.fixture(scope="module")
def trees():
    return jax.jit(lambda key: BondedTrees().drawn(key, 80))(jax.random.key(1))


@pytest.mark.parametrize("rule", ["bonds", "composition"])
def test_trees_are_trees(rule: str) -> None:
    drawn = jax.jit(lambda key: BondedTrees(rule=rule).drawn(key, 80))(jax.random.key(2))
    edges = np.asarray(untyped(drawn.graphs))
    sizes = np.asarray(drawn.graphs.mask).sum(1)
    assert set(sizes) == {10.0, 11.0, 12.0}
    np.testing.assert_array_equal(edges.sum((1, 2)), 2 * (sizes - 1))
    assert edges.max() == 1.0
    reached = np.linalg.matrix_power(edges + np.eye(12), 11) > 0
    np.testing.assert_array_equal(reached[:, 0].sum(1), sizes)
    assert (np.asarray(drawn.graphs.mask)[:, 0] == 1).all()
    np.testing.assert_array_equal(np.asarray(drawn.graphs.x).sum(2), drawn.graphs.mask)


def joints(edges: np.ndarray, types: np.ndarray) -> set[tuple[int, int, int]]:
    """(middle's type, bond to A, bond to the other) of every middle that is bound to both."""
    found = set()
    for centre in range(len(types)):
        if types[centre] not in (1, 2):
            continue
        bound = [(k, types[j]) for k in range(5) for j in np.flatnonzero(edges[k, centre])]
        to_a = [k for k, t in bound if t == 0]
        to_other = [k for k, t in bound if t == 3 - types[centre]]
        found |= {(int(types[centre]), a, b) for a in to_a for b in to_other}
    return found


def test_one_joint_tells_the_class(trees) -> None:
    for edges, x, mask, y in zip(*trees.graphs, trees.y, strict=True):
        types = np.where(np.asarray(mask) > 0, np.asarray(x).argmax(1), -1)
        fine = int(y) % 2
        assert joints(np.asarray(edges), types) == {(1 + int(y) // 2, fine, 1 - fine)}
    np.testing.assert_array_equal(trees.coarse, np.asarray(trees.y) // 2)


def test_without_bonds_fine_classes_are_one_and_counts_tell_nothing() -> None:
    """From the same noise: equal trees but for bonds in both fine classes, equal counts of types and bonds in all."""
    task = BondedTrees()
    noise = jax.random.uniform(jax.random.key(3), (4, 12))
    grow = lambda kind: task.joined(jnp.int32(kind), jnp.int32(11), noise[0], noise[1], noise[2], noise[3][:4])  # noqa: E731
    grown = [grow(kind) for kind in range(4)]
    for pair in (grown[:2], grown[2:]):
        np.testing.assert_array_equal(pair[0].edges.sum(0), pair[1].edges.sum(0))
        np.testing.assert_array_equal(pair[0].x, pair[1].x)
        typed = [np.einsum("ia,rij,jb->rab", g.x, g.edges, g.x) for g in pair]
        np.testing.assert_array_equal(typed[0], typed[1])
    assert all((g.x.sum(0) == grown[0].x.sum(0)).all() for g in grown)
    assert all((g.edges.sum((1, 2)) == grown[0].edges.sum((1, 2))).all() for g in grown)


def test_composition_is_frequency() -> None:
    drawn = jax.jit(lambda key: BondedTrees(rule="composition").drawn(key, 800))(jax.random.key(4))
    counts = np.asarray(drawn.graphs.x).sum(1)
    for kind in range(4):
        shares = counts[np.asarray(drawn.y) == kind].sum(0)
        shares /= shares.sum()
        assert shares[kind] == pytest.approx(0.4, abs=0.04)
        np.testing.assert_allclose(np.delete(shares, kind), 0.12, atol=0.03)


def test_hidden_classes_and_rows() -> None:
    task = BondedTrees(train=40, known=12)
    world = task.sample(jax.random.key(5))
    y = np.asarray(world.train.y)
    np.testing.assert_array_equal(y[:12], np.arange(12) % 4)
    assert (y[12:] == -1).all()
    np.testing.assert_array_equal(world.train.coarse, np.arange(40) % 4 // 2)
    assert len(world.test.y) == TESTED
    rows = np.asarray(task.draw(world, jax.random.key(6), None)[1].rows)
    assert len(rows) == 64
    assert rows[:32].max() < 12 <= rows[32:].max() < 40
    every = np.asarray(BondedTrees(train=40).draw(world, jax.random.key(6), None)[1].rows)
    assert len(every) == 32
    assert 30 < every.max() < 40


@pytest.mark.parametrize("name", ["planted_motifs", "bonded_trees", "labelled_pairs", "wl_hard_pairs"])
def test_references(name: str) -> None:
    task = registry.load("tasks", f"graph_classification/{name}")()
    world = task.sample(jax.random.key(7))
    metric = next(iter(task.metrics))
    floor = {"planted_motifs": 0.25, "bonded_trees": 0.25, "labelled_pairs": 0.5, "wl_hard_pairs": 0.0}
    assert float(task.evaluate(world, jax.random.key(8), task.floor(world))[metric]) == pytest.approx(floor[name])
    assert float(task.evaluate(world, jax.random.key(8), task.oracle(world))[metric]) == pytest.approx(1.0)


def test_numberings_of_the_pairs_differ_and_test_sets_too() -> None:
    world = LabelledPairs().sample(jax.random.key(9))
    edges = np.asarray(world.test.graphs.edges).reshape(4, 10, 13, 13)
    np.testing.assert_array_equal(edges.sum((2, 3)), np.tile(_pairs.matrices("sparse").sum((1, 2)), (4, 1)))
    assert (edges[0] != edges[1]).any()
    np.testing.assert_array_equal(world.test.y.reshape(4, 10)[1], np.arange(10))


def test_unknown_knobs_are_named() -> None:
    with pytest.raises(UsageError, match="strongly_regular"):
        _ = WlHardPairs(pairs="cubic").spec
    with pytest.raises(UsageError, match="composition"):
        _ = BondedTrees(rule="size").spec


def test_accuracy_by_hand() -> None:
    assert float(accuracy(jnp.array([[0.0, 1.0], [2.0, 1.0]]), jnp.array([1, 1]))) == 0.5
