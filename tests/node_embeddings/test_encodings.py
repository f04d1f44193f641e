"""Encodings against numpy, their limits, and what their readers make of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.tasks.node_embeddings import Graph, Spec

NODES = 20
EDGES = np.triu(np.random.default_rng(1).random((NODES, NODES)) < 0.3, 1)
EDGES = (EDGES + EDGES.T).astype(np.float32)
LABELS = (EDGES.sum(1) > np.median(EDGES.sum(1))).astype(int)
GRAPH = Graph(edges=jnp.asarray(EDGES), y=jnp.asarray(np.where(np.arange(NODES) % 2 == 0, LABELS, -1), jnp.int32))


def make(stem, reader="ridge", graph=GRAPH, **values):
    spec = Spec(nodes=NODES, classes=2, reader=reader)
    return registry.load("methods", f"node_embeddings/{stem}")(spec=spec, given=graph, **values)


def smoothing():
    looped = EDGES + np.eye(NODES)
    degree = looped.sum(1)
    return looped / np.sqrt(degree[:, None] * degree[None, :])


def test_trajectory_in_numpy() -> None:
    features = np.asarray(make("rfp", columns=3, length=4).encode(jax.random.key(0)))
    assert features.shape == (4, NODES, 15)
    x = features[:, :, :3].astype(float)
    assert abs(x.std() - 1) < 0.3
    for k in range(1, 5):
        x = smoothing() @ x
        x = x / np.linalg.norm(x, axis=1, keepdims=True) * NODES**0.5
        np.testing.assert_allclose(features[:, :, 3 * k : 3 * k + 3], x, atol=1e-3)


def test_long_trajectories_end_at_the_eigenvectors() -> None:
    _, vectors = np.linalg.eigh(smoothing())
    last = np.asarray(make("rfp", columns=2, length=200).encode(jax.random.key(0)))[0, :, -2:]
    np.testing.assert_allclose(np.abs(last.T @ vectors[:, -1]) / NODES**0.5, 1.0, atol=1e-3)  # all columns
    apart = np.asarray(make("rfp", columns=2, length=200, normalise="qr").encode(jax.random.key(0)))[0, :, -2:]
    _, wide = np.linalg.eigh(smoothing() @ smoothing())  # power iteration goes by |eigenvalue|
    overlap = np.linalg.svd(apart.T @ wide[:, -2:] / NODES**0.5)[1]
    np.testing.assert_allclose(overlap, 1.0, atol=2e-2)


def test_eigenvectors_and_degrees() -> None:
    values, vectors = np.linalg.eigh(smoothing())
    ours = np.asarray(make("laplacian_eigenvectors", count=3).encode(jax.random.key(0)))[0]
    np.testing.assert_allclose(smoothing() @ ours, ours * values[::-1][:3], atol=1e-3)
    np.testing.assert_allclose((ours**2).mean(0), 1.0, rtol=1e-4)
    np.testing.assert_allclose(np.abs(vectors[:, -1] @ ours[:, 0]), NODES**0.5, rtol=1e-4)
    wide = np.asarray(make("degree_and_eigenvectors", count=3).encode(jax.random.key(0)))[0]
    degree = np.log1p(EDGES.sum(1))
    degree = (degree - degree.mean()) / degree.std()
    np.testing.assert_allclose(wide[:, :3], ours, atol=1e-4)
    np.testing.assert_allclose(wide[:, 3], degree, atol=1e-4)
    np.testing.assert_allclose(wide[:, 4:], degree[:, None] * ours, atol=1e-3)


def test_random_features_know_nothing_of_the_graph() -> None:
    empty = Graph(edges=jnp.zeros((NODES, NODES)), y=GRAPH.y)
    ours = make("random_features", columns=5).encode(jax.random.key(4))
    np.testing.assert_array_equal(ours, make("random_features", graph=empty, columns=5).encode(jax.random.key(4)))
    assert ours.shape == (4, NODES, 5)


def test_scores_are_the_mean_over_starts() -> None:
    method = make("rfp", columns=3, length=2)
    state = method.init(jax.random.key(0))
    each = [method.probe_scores(x, ()) for x in state.features]
    np.testing.assert_allclose(method.node_scores(state), sum(each) / 4, atol=1e-4)
    fixed = make("laplacian_eigenvectors", count=3, reader="gcn").init(jax.random.key(0))
    np.testing.assert_array_equal(fixed.features[0], fixed.features[3])  # read four times, too
    first, *_, last = (leaf for leaf in jax.tree.leaves(fixed.start) if leaf.ndim == 3)
    assert float(jnp.abs(first[0] - first[3]).max()) > 0.1
    assert float(jnp.abs(last[0] - last[3]).max()) > 0.1


def test_loss_of_the_network_in_numpy() -> None:
    method = make("degree_and_eigenvectors", reader="gcn", count=2)
    state = method.init(jax.random.key(0))
    params = jax.tree.map(lambda leaf: np.asarray(leaf[0], float), state.start)["params"]
    first, second = (params[f"GraphConv_{i}"]["Dense_0"] for i in (0, 1))
    x = np.asarray(state.features[0], float)
    hidden = np.maximum(smoothing() @ x @ first["kernel"] + first["bias"], 0)
    logits = smoothing() @ hidden @ second["kernel"] + second["bias"]
    logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    seen = np.arange(NODES) % 2 == 0
    missed = -logs[np.arange(NODES), LABELS][seen].mean()
    squares = sum((leaf**2).sum() for leaf in jax.tree.leaves(params))
    np.testing.assert_allclose(
        method.loss(jax.tree.map(lambda leaf: leaf[0], state.start), state.features[0]),
        missed + 2.5e-4 * squares,
        rtol=1e-4,
    )


@pytest.mark.parametrize("reader", ["ridge", "gcn"])
def test_degrees_are_read(reader: str) -> None:
    method = make("degree_and_eigenvectors", reader=reader, count=2)
    state = method.init(jax.random.key(0))
    scores = np.asarray(jax.jit(method.node_scores)(state))
    right = scores.argmax(1) == LABELS
    assert right[np.arange(NODES) % 2 == 1].mean() > 0.65
    assert right[np.arange(NODES) % 2 == 0].mean() > 0.85
    if reader == "gcn":
        np.testing.assert_allclose(scores.sum(1), 1.0, rtol=1e-5)
        known = np.arange(NODES) % 2 == 0
        fitted = -np.log(scores[np.arange(NODES), LABELS])[known].mean()
        assert fitted < 0.5 * np.log(2)  # it descended
