"""Worlds of the node tasks: shares and degrees, what is known, the oracle, metrics by hand."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.graphs import HIDDEN
from toybench.plugins import registry
from toybench.tasks.node_classification import block_model_nodes
from toybench.tasks.node_classification._world import known_evidence

SEEDS = 12


def worlds(stem, **values):
    """A task and several of its worlds, side by side."""
    task = registry.load("tasks", f"node_classification/{stem}")(**values)
    return task, jax.jit(jax.vmap(task.sample))(jax.random.split(jax.random.key(0), SEEDS))


def one(world, i=0):
    return jax.tree.map(lambda a: a[i], world)


def class_shares(world):
    """Share of the edges of class a that go to class b, [c, c]."""
    member = np.eye(4)[np.asarray(world.labels)]
    counts = np.einsum("sna,snm,smb->ab", member, np.asarray(world.graph.edges), member)
    return counts / counts.sum(1, keepdims=True)


@pytest.mark.parametrize("pattern", ["homophilous", "paired", "flow", "unrelated"])
def test_edges_follow_the_pattern(pattern: str) -> None:
    _, world = worlds("block_model_nodes", pattern=pattern, directed=True)
    expected = {
        "homophilous": np.eye(4) * 0.6 + 0.1,
        "paired": np.eye(4)[[2, 3, 0, 1]] * 0.8 + 0.05,
        "flow": np.eye(4)[[1, 2, 3, 0]] * 0.8 + 0.05,
        "unrelated": np.full((4, 4), 0.25),
    }[pattern]
    np.testing.assert_allclose(class_shares(world), expected, atol=0.02)
    assert float(world.graph.edges.sum(2).mean()) == pytest.approx(8, rel=0.03)


def test_undirected_edges_are_symmetric_and_directed_ones_are_not() -> None:
    _, flat = worlds("block_model_nodes")
    np.testing.assert_array_equal(flat.graph.edges, jnp.swapaxes(flat.graph.edges, 1, 2))
    np.testing.assert_array_equal(flat.graph.reads, flat.graph.edges)
    _, flow = worlds("block_model_nodes", pattern="flow", directed=True)
    assert float((flow.graph.edges * jnp.swapaxes(flow.graph.edges, 1, 2)).sum()) < 0.1 * float(flow.graph.edges.sum())
    np.testing.assert_array_equal(flow.graph.reads, jnp.swapaxes(flow.graph.reads, 1, 2))


def test_an_unknown_pattern_is_told() -> None:
    with pytest.raises(ValueError, match="There is no pattern 'homophily'"):
        block_model_nodes.pattern_weights("homophily", 4)


@pytest.mark.parametrize("stem", ["block_model_nodes", "rewired_edges", "shifted_patterns"])
def test_known_labels_are_balanced_and_right(stem: str) -> None:
    _, world = worlds(stem, per_class=6)
    y = np.asarray(world.graph.y)
    for s in range(SEEDS):
        known = y[s] != HIDDEN
        assert np.bincount(y[s][known], minlength=4).tolist() == [6, 6, 6, 6]
        np.testing.assert_array_equal(y[s][known], np.asarray(world.labels)[s][known])
    assert (np.diagonal(np.asarray(world.graph.edges), axis1=1, axis2=2) == 0).all()


def test_features_have_the_declared_signal_and_likelihood() -> None:
    """Class means are apart as their lengths say; the likelihood is that of unit normal noise around them."""
    task, world = worlds("block_model_nodes", signal=3.0, nodes=4000)
    x = np.asarray(world.graph.x, np.float64)[0]
    labels = np.asarray(world.labels)[0]
    means = np.stack([x[labels == c].mean(0) for c in range(4)])
    np.testing.assert_allclose(np.linalg.norm(means, axis=1), 3.0, atol=0.15)
    assert np.std(x - means[labels]) == pytest.approx(1.0, abs=0.01)
    exact = -0.5 * ((x[:50, None, :] - means[None]) ** 2).sum(-1)
    hidden = known_evidence(world.evidence[0], jnp.full(4000, HIDDEN, jnp.int32))[:50]
    found = np.asarray(world.evidence[0][:50]) - 20.0 * np.eye(5)[np.asarray(world.graph.y[0][:50])][:, :4]
    np.testing.assert_allclose(hidden, world.evidence[0][:50])
    # means are estimated from 1000 nodes each, so within 3 sd of log-odds
    np.testing.assert_allclose(found - found[:, :1], exact - exact[:, :1], atol=1.5)
    assert task.spec.nodes == 4000


def test_the_oracle_knows_nearly_all_and_the_floor_a_quarter() -> None:
    task, world = worlds("block_model_nodes", pattern="flow", directed=True)
    judge = jax.jit(jax.vmap(lambda w: task.evaluate(w, jax.random.key(0), task.oracle(w))))
    assert float(judge(world)["test_accuracy"].mean()) > 0.97
    floor = task.evaluate(one(world), jax.random.key(0), task.floor(one(world)))
    assert float(floor["test_accuracy"]) == 0.25
    assert float(floor["loss_gap"]) == pytest.approx(0.0, abs=1e-6)


def test_metrics_by_hand() -> None:
    """Scores that are right with odds e^2 to 1 on labelled nodes, and with e to 1 on half of the others."""
    task, world = worlds("block_model_nodes")
    w = one(world)
    known = np.asarray(w.graph.y) != HIDDEN
    size = np.where(known, 2.0, np.where(np.arange(160) % 8 < 4, 1.0, -1.0))
    scores = jnp.asarray(size[:, None] * np.eye(4)[np.asarray(w.labels)], jnp.float32)
    found = task.evaluate(w, jax.random.key(0), SimpleNamespace(node_scores=lambda: scores))
    loss = np.log(np.exp(size) + 3) - size
    assert float(found["test_accuracy"]) == pytest.approx((size[~known] > 0).mean())
    assert float(found["train_accuracy"]) == 1.0
    assert float(found["loss_gap"]) == pytest.approx(loss[~known].mean() - loss[known].mean(), rel=1e-5)


def test_energy_is_that_of_the_scores_differences() -> None:
    """F'(I - S)F summed over edges: sum of A_ij |f_i / sqrt(d_i) - f_j / sqrt(d_j)|^2 / 2, loops in the degrees."""
    rng = np.random.default_rng(0)
    edges = np.triu(rng.random((7, 7)) < 0.5, 1).astype(float)
    edges = edges + edges.T + np.eye(7)
    degrees = edges.sum(1)
    scores = rng.normal(size=(7, 3))
    f = scores - scores.mean(0)
    scaled = f / np.sqrt(degrees)[:, None]
    energy = 0.5 * (edges[:, :, None] * (scaled[:, None] - scaled[None]) ** 2).sum() / (f**2).sum()
    smooth = jnp.asarray(edges / np.sqrt(np.outer(degrees, degrees)), jnp.float32)
    found = block_model_nodes.dirichlet_energy(smooth, jnp.asarray(scores, jnp.float32))
    assert float(found) == pytest.approx(energy, rel=1e-5)


def test_half_of_the_rewired_edges_are_wrong() -> None:
    task, world = worlds("rewired_edges")
    edges = np.asarray(world.graph.edges)
    right = np.asarray(world.right)
    assert (right <= edges).all()
    assert right.sum() / edges.sum() == pytest.approx(0.5, abs=0.04)
    same = np.asarray(world.labels)[:, :, None] == np.asarray(world.labels)[:, None, :]
    assert (right * same).sum() / right.sum() == pytest.approx(0.7, abs=0.03)
    assert ((edges - right) * same).sum() == 0
    degrees = edges.sum(2)
    assert degrees.std() > 1.5 * np.sqrt(degrees.mean())  # Poisson degrees would have the root
    judge = jax.jit(jax.vmap(lambda w: task.evaluate(w, jax.random.key(0), task.oracle(w))))
    assert float(judge(world)["test_accuracy"].mean()) > 0.7


def test_no_wrong_edges_where_none_are_asked_for() -> None:
    _, world = worlds("rewired_edges", wrong=0.0)
    np.testing.assert_array_equal(world.right, world.graph.edges)


def test_kinds_are_shifted_between_labelled_and_hidden_nodes() -> None:
    _, world = worlds("shifted_patterns")
    labels = np.asarray(world.labels)
    edges = np.asarray(world.graph.edges)
    own = (edges * (labels[:, :, None] == labels[:, None, :])).sum(2)
    other = (edges * ((labels[:, :, None] + 1) % 4 == labels[:, None, :])).sum(2)
    np.testing.assert_array_equal(own + other, edges.sum(2))
    assert (own * other == 0).all()
    known = np.asarray(world.graph.y) != HIDDEN
    first = own > 0
    assert first[known].mean() == pytest.approx(0.9, abs=0.01)
    assert first[~known].mean() == pytest.approx(0.5, abs=0.01)
    assert edges.sum(2).mean() == pytest.approx(8, rel=0.05)


def test_the_shifted_nodes_are_those_that_the_metric_is_of() -> None:
    """Who names the class of most neighbours is right about the first kind and wrong about the second."""
    task, world = worlds("shifted_patterns")
    w = one(world)
    votes = w.graph.edges @ jax.nn.one_hot(w.labels, 4)
    found = task.evaluate(w, jax.random.key(0), SimpleNamespace(node_scores=lambda: votes))
    assert float(found["heterophilic_accuracy"]) < 0.05
    assert float(found["homophilic_accuracy"]) > 0.95
    assert float(found["test_accuracy"]) == pytest.approx(0.5, abs=0.03)
