"""The laws of the study's worlds: degrees, shares, labels, links, padding, and oracles that use the true law."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.graphs import HIDDEN, block_marginals
from toybench.plugins import registry
from toybench.tasks.graph_transfer import Graph, cross_entropy, labelled, one_hot_labels
from toybench.tasks.graph_transfer._family import marginals
from toybench.tasks.graph_transfer.frozen_embeddings import FITTED, REMOVED, split_links, standardised
from toybench.tasks.graph_transfer.unseen_domains import between, wiring


def task(stem, **knobs):
    return registry.load("tasks", f"graph_transfer/{stem}")(**knobs)


@pytest.fixture(scope="module")
def family():
    return jax.jit(task("unseen_graphs", corpus=6).sample)(jax.random.key(0))


@pytest.fixture(scope="module")
def domains():
    return jax.jit(task("unseen_domains").sample)(jax.random.key(1))


def test_degrees_and_homophily_are_as_asked() -> None:
    one = task("unseen_graphs")
    for homophily in (0.35, 0.7):
        rates = np.asarray(one.rates(jnp.asarray(homophily)))
        inside = 24 * rates[0, 0]
        assert inside + 75 * rates[0, 1] == pytest.approx(8.0, rel=1e-4)
        assert rates[0, 0] / rates[0, 1] == pytest.approx((homophily + (1 - homophily) / 4) / ((1 - homophily) / 4))


def test_training_graphs_are_of_the_family_and_have_no_labels(family) -> None:
    assert (np.asarray(family.train.y) == HIDDEN).all()
    classes = np.arange(100) % 4
    means = np.stack([np.asarray(family.train.x)[:, classes == c].mean((0, 1)) for c in range(4)])
    np.testing.assert_allclose(means, family.law.means, atol=0.35)  # 150 nodes a class, sd 0.08
    np.testing.assert_allclose(np.linalg.norm(family.law.means, axis=1), 1.0, rtol=1e-5)
    assert np.asarray(family.train.edges).sum(2).mean() == pytest.approx(8.0, abs=0.6)
    assert (np.asarray(family.train.edges) == np.swapaxes(family.train.edges, 1, 2)).all()


def test_fewer_labels_are_part_of_more(family) -> None:
    known = np.asarray(family.known).reshape(4, 3, 2, 100)
    for c in range(4):
        assert (known[..., np.arange(100) % 4 == c].sum(-1) == np.array([1, 3, 5])[None, :, None]).all()
    assert (known[:, 0] <= known[:, 1]).all()
    assert (known[:, 1] <= known[:, 2]).all()


def test_the_oracle_finds_the_graph_and_its_law(family) -> None:
    y = jnp.where(family.known[2, 2] > 0, family.test.y[2], HIDDEN)
    graph = Graph(edges=family.test.edges[2], x=family.test.x[2], y=y)
    squares = ((graph.x[:, None] - family.law.means[None]) ** 2).sum(-1)
    evidence = -squares / 2 + 30 * one_hot_labels(graph, 4)
    wanted = block_marginals(graph.edges, evidence, family.law.rates[2])
    np.testing.assert_allclose(marginals(family.test, family.law, graph), wanted, atol=1e-5)
    assert (wanted.argmax(1) == family.test.y[2]).mean() > 0.75


def test_references_of_the_family(family) -> None:
    one = task("unseen_graphs", corpus=6)
    scores = one.evaluate(family, jax.random.key(0), one.floor(family))
    assert float(scores["fewshot_accuracy"]) == pytest.approx(0.25)
    perfect = type("Perfect", (), {"node_scores": lambda self, graph: jax.nn.one_hot(jnp.arange(100) % 4, 4)})()
    assert float(one.evaluate(family, jax.random.key(0), perfect)["accuracy_1"]) == pytest.approx(1.0)


def test_links_are_split_without_overlap(family) -> None:
    links = jax.jit(split_links)(jax.random.key(3), family.test.edges[0])
    edges = np.asarray(family.test.edges[0])
    kept = np.asarray(links.kept)
    asked = np.asarray(links.asked)
    fitted = np.asarray(links.fitted)
    assert edges.sum() - kept.sum() == 2 * REMOVED
    assert (kept == kept.T).all()
    assert (edges[tuple(asked[:REMOVED].T)] == 1).all()
    assert (kept[tuple(asked[:REMOVED].T)] == 0).all()
    assert (kept[tuple(fitted[:FITTED].T)] == 1).all()
    for absent in (asked[REMOVED:], fitted[FITTED:]):
        assert (edges[tuple(absent.T)] == 0).all()
        assert (absent[:, 0] < absent[:, 1]).all()
    every = np.concatenate([asked, fitted])
    assert len(np.unique(every, axis=0)) == len(every)


def test_standardised_embeddings_keep_the_lengths_of_axes() -> None:
    h = jnp.asarray(np.random.default_rng(0).normal(size=(50, 2)) * np.array([3.0, 1.0]) + 7, jnp.float32)
    found = np.asarray(standardised(h))
    np.testing.assert_allclose(found.mean(0), 0.0, atol=1e-5)
    assert (found**2).mean() == pytest.approx(1.0, rel=1e-5)
    assert found[:, 0].std() / found[:, 1].std() == pytest.approx(float(h[:, 0].std() / h[:, 1].std()), rel=1e-4)


def test_perfect_embeddings_are_read_perfectly() -> None:
    """One-hot classes give every class and cluster, and tell links as well as classes do."""
    one = task("frozen_embeddings", corpus=1)
    world = jax.jit(one.sample)(jax.random.key(2))
    perfect = type("Perfect", (), {"embed": lambda self, graph: jax.nn.one_hot(jnp.arange(100) % 4, 4)})()
    blind = type("Blind", (), {"embed": lambda self, graph: jnp.ones((100, 4)) * jnp.arange(100.0)[:, None]})()
    judge = jax.jit(lambda key: (one.evaluate(world, key, perfect), one.evaluate(world, key, blind)))
    best, worst = judge(jax.random.key(0))
    assert float(best["probe_accuracy"]) == pytest.approx(1.0)
    assert float(best["cluster_nmi"]) == pytest.approx(1.0, abs=1e-5)
    assert 0.6 < float(best["link_auc"]) < 0.8
    assert float(worst["probe_accuracy"]) < 0.4
    assert float(worst["cluster_nmi"]) < 0.2


@pytest.mark.parametrize("classes", [2, 3, 4, 5])
def test_wirings(classes: int) -> None:
    """Rows sum to 1 over the classes that are there; partners are mutual; an odd last class is its own."""
    for kind in range(3):
        weights = np.asarray(wiring(jnp.asarray(kind), 5, jnp.asarray(float(classes))))[:classes, :classes]
        np.testing.assert_allclose(weights, weights.T)
        np.testing.assert_allclose(weights.sum(1), 1.0, rtol=1e-5)
    mates = np.asarray(wiring(jnp.asarray(1), 5, jnp.asarray(float(classes))))[:classes, :classes].argmax(1)
    assert list(mates) == [1, 0, 3, 2, 4][:classes] if classes % 2 == 0 else mates[-1] == classes - 1


def test_sizes_reach_both_ends() -> None:
    found = np.asarray(between(2, 5, jnp.array([0.0, 0.249, 0.26, 0.999])))
    np.testing.assert_array_equal(found, [2, 2, 3, 5])


def test_graphs_of_other_domains(domains) -> None:
    x = np.asarray(domains.test.x)
    there = np.asarray(domains.labels) != HIDDEN
    nodes = there.sum(1)
    assert (nodes >= 80).all()
    assert (nodes <= 120).all()
    assert len(np.unique(nodes)) > 3
    np.testing.assert_allclose(np.linalg.norm(x, axis=2)[there], 1.0, rtol=1e-5)
    assert (x[~there] == 0).all()
    assert (np.asarray(domains.test.edges).sum(2)[~there] == 0).all()
    degrees = np.array([e.sum() for e in np.asarray(domains.test.edges)]) / nodes
    assert degrees.mean() == pytest.approx(8.0, abs=0.5)
    for i in range(12):
        labels = np.asarray(domains.labels[i])
        y = np.asarray(domains.test.y[i])
        assert (y[y != HIDDEN] == labels[y != HIDDEN]).all()
        counts = np.bincount(y[y != HIDDEN])
        assert counts.min() == counts.max()
        assert 5 <= counts.min() <= 12
        assert len(counts) == labels.max() + 1
    assert (np.asarray(domains.train.y) != HIDDEN).sum() / (np.linalg.norm(domains.train.x, axis=1) > 0).sum() > 0.4


def test_wiring_shows_in_the_edges(domains) -> None:
    """Shares of edges into the own class: high, low (2 or 4 classes), one over the classes."""
    for i in range(12):
        labels = np.asarray(domains.labels[i])
        edges = np.asarray(domains.test.edges[i])
        classes = labels.max() + 1
        own = (edges * (labels[:, None] == labels[None, :])).sum() / edges.sum()
        if i % 3 == 0:
            assert own == pytest.approx(0.6 + 0.4 / classes, abs=0.1)
        elif i % 3 == 1 and classes % 2 == 0:
            assert own == pytest.approx(0.2 / classes, abs=0.06)
        elif i % 3 == 2:
            assert own == pytest.approx(1 / classes, abs=0.08)


def test_references_of_domains(domains) -> None:
    one = task("unseen_domains")
    judge = jax.jit(lambda key: {w: one.evaluate(domains, key, getattr(one, w)(domains)) for w in ("floor", "oracle")})
    scores = judge(jax.random.key(0))
    classes = np.asarray(domains.labels).max(1) + 1
    assert float(scores["floor"]["accuracy"]) == pytest.approx((1 / classes).mean(), abs=0.02)
    assert float(scores["oracle"]["accuracy"]) > 0.8
    assert float(scores["oracle"]["accuracy_own"]) > float(scores["oracle"]["accuracy_anyone"])


def test_scores_of_absent_classes_do_not_count(domains) -> None:
    one = task("unseen_domains")
    tempted = type("Tempted", (), {"node_scores": lambda self, graph: jnp.tile(jnp.arange(5.0), (120, 1))})()
    found = one.evaluate(domains, jax.random.key(0), tempted)
    classes = np.asarray(domains.labels).max(1) + 1
    assert float(found["accuracy"]) == pytest.approx((1 / classes).mean(), abs=0.02)


def test_shared_formulas_by_hand() -> None:
    graph = Graph(edges=jnp.zeros((3, 3)), x=jnp.zeros((3, 1)), y=jnp.array([1, HIDDEN, 0]))
    np.testing.assert_array_equal(labelled(graph), [1, 0, 1])
    np.testing.assert_array_equal(one_hot_labels(graph, 2), [[0, 1], [0, 0], [1, 0]])
    scores = jnp.log(jnp.array([[1.0, 3.0], [1.0, 1.0], [1.0, 1.0]]))
    wanted = -(np.log(0.75) + np.log(0.5)) / 2
    assert float(cross_entropy(scores, one_hot_labels(graph, 2))) == pytest.approx(wanted, rel=1e-5)
