"""The worlds' laws: rates, shares, motifs, references, and simple paths by enumeration."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.graphs import HIDDEN
from toybench.plugins import registry
from toybench.tasks.node_embeddings import GRAPHLETS, ORBITS, Graph, held_out_error, probe_scores, scaled
from toybench.tasks.node_embeddings.path_orbits import PATHS, simple_paths


def task(stem, **knobs):
    return registry.load("tasks", f"node_embeddings/{stem}")(**knobs)


def drawn(one, count=8):
    return jax.jit(jax.vmap(one.sample))(jax.random.split(jax.random.key(0), count))


def test_roles_have_their_degrees_and_communities_their_edges() -> None:
    one = task("featureless_nodes")
    worlds = drawn(one, 24)
    edges = np.asarray(worlds.edges)
    labels = np.asarray(worlds.labels)
    assert (edges == edges.swapaxes(1, 2)).all()
    assert not edges.diagonal(axis1=1, axis2=2).any()
    assert [(labels[0] == c).sum() for c in range(6)] == [18, 42, 18, 42, 18, 42]
    degree = edges.sum(2)
    assert degree.mean() == pytest.approx(8.0, rel=0.03)
    hub = labels % 2 == 0
    assert degree[hub].mean() / degree[~hub].mean() == pytest.approx(2.2 / 0.7, rel=0.06)
    same = labels[:, :, None] // 2 == labels[:, None, :] // 2
    off = ~np.eye(180, dtype=bool)[None]
    assert edges[same & off].mean() / edges[~same & off].mean() == pytest.approx(8.0, rel=0.06)
    assert (np.asarray(worlds.seen).sum(1) == 60).all()
    assert float(one.rates().max()) < 1


def test_labels_are_shown_of_the_known_nodes_alone() -> None:
    one = task("featureless_nodes")
    world = jax.jit(one.sample)(jax.random.key(0))
    graph = one.given(world)
    assert ((graph.y == HIDDEN) == ~world.seen).all()
    assert (graph.y[world.seen] == world.labels[world.seen]).all()
    wrong = lambda: jax.nn.one_hot((world.labels + world.seen.astype(jnp.int32)) % 6, 6)  # noqa: E731 - right where hidden alone
    learner = type("Learner", (), {"node_scores": staticmethod(wrong)})
    assert float(one.evaluate(world, jax.random.key(0), learner)["test_accuracy"]) == 1.0


@pytest.mark.parametrize(("motif", "copies", "size"), [("clique", 32, 6), ("square", 48, 4), ("claw", 64, 3)])
def test_motifs_lie_inside_groups(motif: str, copies: int, size: int) -> None:
    worlds = drawn(task("motif_groups", motif=motif))
    laid = np.asarray(worlds.laid)
    labels = np.asarray(worlds.labels)
    across = labels[:, :, None] != labels[:, None, :]
    assert not laid[across].any()
    assert (laid == laid.swapaxes(1, 2)).all()
    assert not laid.diagonal(axis1=1, axis2=2).any()
    assert copies * size == 192
    assert laid.sum(2).min() >= 1
    once = 0.0  # different edges of a group, in rounds of at most four copies on sixteen nodes
    for first in range(0, copies, 24):
        once += min(24, copies - first) / 6 * size * (1 - once / 120)
    assert laid.sum((1, 2)).mean() / 2 == pytest.approx(6 * once, rel=0.03)
    edges = np.asarray(worlds.edges)
    assert (edges >= laid).all()
    assert edges[across].mean() == pytest.approx(288 / (96 * 95 / 2), rel=0.1)
    assert (np.asarray(worlds.seen).sum(1) == 40).all()
    assert [(labels[0] == c).sum() for c in range(6)] == [16] * 6


def test_motifs_are_what_they_are_called() -> None:
    """Without overlap and noise: one group of four nodes, one copy."""
    for motif, degrees in (("clique", [3] * 4), ("square", [2] * 4), ("claw", [1, 1, 1, 3])):
        size = {"clique": 6, "square": 4, "claw": 3}[motif]
        one = task("motif_groups", motif=motif, groups=1, members=4, laid=size, noise=0, labels=2)
        world = jax.jit(one.sample)(jax.random.key(1))
        assert sorted(np.asarray(world.edges.sum(0)).astype(int)) == degrees


@pytest.mark.parametrize(
    ("stem", "knobs", "floor", "oracle"),
    [
        ("featureless_nodes", {}, 0.30, 0.80),
        ("motif_groups", {}, 0.22, 0.9),
        ("motif_groups", {"motif": "claw"}, 0.22, 0.97),
    ],
)
def test_references(stem: str, knobs: dict, floor: float, oracle: float) -> None:
    one = task(stem, **knobs)
    worlds = drawn(one)
    score = lambda which: jax.jit(  # noqa: E731
        jax.vmap(lambda w: one.evaluate(w, jax.random.key(0), getattr(one, which)(w))["test_accuracy"])
    )(worlds).mean()
    assert float(score("floor")) < floor
    assert float(score("oracle")) > oracle


def test_simple_paths_by_enumeration() -> None:
    edges = np.asarray(jax.jit(task("path_orbits", nodes=7, rate=0.6).sample)(jax.random.key(0)))
    counts = np.zeros((7, 7))
    for i, k, m, j in itertools.permutations(range(7), 4):
        counts[i, j] += edges[i, k] * edges[k, m] * edges[m, j]
    np.testing.assert_array_equal(simple_paths(jnp.asarray(edges)), counts)
    assert counts.max() > 2


def test_weights_are_hamiltonian_paths_of_the_graphlets() -> None:
    """Every graph on four nodes: orderings of its nodes that are paths, from the first to the last."""
    pairs = list(itertools.combinations(range(4), 2))
    met = set()
    for bits in itertools.product((0, 1), repeat=6):
        linked = {pair for bit, pair in zip(bits, pairs, strict=True) if bit}
        degrees = tuple(sum(node in pair for pair in linked) for node in range(4))
        graphlet = next((name for name, known in GRAPHLETS.items() if known == tuple(sorted(degrees))), None)
        if graphlet is None:
            continue
        for a, b in pairs:
            inner = [node for node in range(4) if node not in (a, b)]
            walks = [(a, *middle, b) for middle in itertools.permutations(inner)]
            paths = sum(all(tuple(sorted(s)) in linked for s in itertools.pairwise(walk)) for walk in walks)
            low, high = sorted((degrees[a], degrees[b]))
            place = next(o for o in ORBITS if o == (graphlet, low, high, (a, b) in linked))
            met.add(place)
            assert PATHS.get(place, 0) == paths
    assert met == set(ORBITS[4:])
    assert len(ORBITS) == 20  # 28 in the paper, which counts 8 unequal pairs in both orders
    assert sum(o.first != o.second or (o.graphlet == "path" and o.first != o.second) for o in ORBITS) == 8


def test_probe_tells_what_it_can_and_folds_tell_embeddings_apart() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 20)
    rng.shuffle(labels)
    y = np.where(np.arange(60) < 24, labels, HIDDEN)
    graph = Graph(edges=jnp.zeros((60, 60)), y=jnp.asarray(y, jnp.int32))
    good = jnp.asarray(np.eye(3)[labels] + 0.2 * rng.normal(size=(60, 3)), jnp.float32)
    bad = jnp.asarray(rng.normal(size=(60, 3)), jnp.float32)
    right = (np.asarray(probe_scores(good, graph, 3)).argmax(1) == labels)[24:].mean()
    assert right > 0.95
    assert float(held_out_error(good, graph, 3)) < 0.2
    assert float(held_out_error(bad, graph, 3)) > 0.5
    np.testing.assert_allclose((np.asarray(scaled(7 * good)) ** 2).mean(), 1.0, rtol=1e-5)
    np.testing.assert_allclose(probe_scores(good, graph, 3), probe_scores(7 * good, graph, 3), atol=1e-4)
