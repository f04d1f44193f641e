"""Linear graph networks by numpy, entropies by scikit-learn's search, and what attention can't see."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.manifold._utils import _binary_search_perplexity

from toybench.blocks.graphs import HIDDEN
from toybench.methods.graph_transfer._linear import (
    PENALTY,
    channel_features,
    channel_scores,
    held_out_error,
    least_squares,
)
from toybench.methods.graph_transfer.graphany import entropy_normalised, off_diagonal, squared_distances
from toybench.plugins import registry
from toybench.tasks.graph_transfer import Graph, Spec, labelled, one_hot_labels

SPEC = Spec(nodes=40, features=6, classes=3, width=8, family=True)
RNG = np.random.default_rng(0)


def method(name, **fields):
    return registry.load("methods", f"graph_transfer/{name}")(spec=SPEC, steps=30, **fields)


def example(known: int = 24) -> Graph:
    """Three classes that features tell a little and edges tell more."""
    labels = np.arange(40) % 3
    upper = np.triu(RNG.random((40, 40)) < np.where(labels[:, None] == labels[None, :], 0.35, 0.05), 1)
    means = RNG.normal(size=(3, 6))
    x = means[labels] + RNG.normal(size=(40, 6))
    y = np.where(np.arange(40) < known, labels, HIDDEN)
    return Graph(
        edges=jnp.asarray(upper + upper.T, jnp.float32),
        x=jnp.asarray(x / np.linalg.norm(x, axis=1, keepdims=True), jnp.float32),
        y=jnp.asarray(y, jnp.int32),
    )


GRAPH = example()


def test_channels_by_hand() -> None:
    edges = np.asarray(GRAPH.edges, np.float64)
    mean = edges / np.maximum(edges.sum(1, keepdims=True), 1)
    x = np.asarray(GRAPH.x, np.float64)
    rest = np.eye(40) - mean
    wanted = [x, mean @ x, mean @ mean @ x, rest @ x, rest @ rest @ x]
    np.testing.assert_allclose(channel_features(GRAPH), np.stack(wanted), atol=1e-5)


@pytest.mark.parametrize("known", [24, 4])
def test_least_squares_by_numpy(known: int) -> None:
    """With more known nodes than features, and with fewer: then the least weights that fit."""
    weights = (np.arange(40) < known).astype(float)
    targets = np.eye(3)[np.arange(40) % 3] * weights[:, None]
    x = np.asarray(GRAPH.x, np.float64)
    found = least_squares(GRAPH.x, jnp.asarray(targets, jnp.float32), jnp.asarray(weights, jnp.float32))
    exact, *_ = np.linalg.lstsq(x[:known], targets[:known], rcond=None)
    np.testing.assert_allclose(found, x @ exact, atol=5e-3)


def test_held_out_errors_by_refitting() -> None:
    x = np.asarray(GRAPH.x, np.float64)
    targets = np.eye(3)[np.arange(40) % 3]
    total = 0.0
    for i in range(24):
        rest = [j for j in range(24) if j != i]
        gram = x[rest].T @ x[rest] + PENALTY * np.eye(6)
        total += ((x[i] @ np.linalg.solve(gram, x[rest].T @ targets[rest]) - targets[i]) ** 2).sum()
    found = held_out_error(GRAPH.x, jnp.asarray(targets, jnp.float32), labelled(GRAPH))
    assert float(found) == pytest.approx(total, rel=2e-2)


def test_validated_takes_the_channel_of_least_held_out_error() -> None:
    known = one_hot_labels(GRAPH, 3)
    errors = [float(held_out_error(f, known, labelled(GRAPH))) for f in channel_features(GRAPH)[:3]]
    best = ("x", "l1", "l2")[int(np.argmin(errors))]
    found = method("linear", channel="validated").node_scores((), GRAPH)
    np.testing.assert_allclose(found, method("linear", channel=best).node_scores((), GRAPH))
    assert len({round(e, 3) for e in errors}) == 3


def test_the_mean_is_that_of_three_channels() -> None:
    wanted = sum(method("linear", channel=c).node_scores((), GRAPH) for c in ("x", "l1", "l2")) / 3
    np.testing.assert_allclose(method("mean_linear").node_scores((), GRAPH), wanted, atol=1e-5)


@pytest.mark.parametrize("bits", [0.5, 1.0, 1.5])
def test_entropies_are_those_asked_for_and_shares_those_of_scikit_learn(bits: float) -> None:
    scores = jnp.asarray(RNG.normal(size=(5, 12, 3)), jnp.float32)
    squares = squared_distances(scores)
    found = np.asarray(entropy_normalised(squares, jnp.asarray(bits)))
    np.testing.assert_allclose(found.sum(-1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(-(np.where(found > 0, found * np.log2(found + 1e-30), 0)).sum(-1), bits, atol=1e-3)
    for node in range(12):
        wanted = _binary_search_perplexity(np.asarray(squares[node], np.float32), 2.0**bits, 0)
        np.testing.assert_allclose(found[node], wanted, atol=2e-3)


def test_equal_distances_share_alike() -> None:
    found = entropy_normalised(jnp.zeros((1, 3, 3)), jnp.asarray(1.0))
    np.testing.assert_allclose(found[0], (1 - np.eye(3)) / 2)


def test_off_diagonal_by_hand() -> None:
    found = off_diagonal(jnp.arange(9.0).reshape(1, 3, 3))
    np.testing.assert_array_equal(found, [[1, 2, 3, 5, 6, 7]])


@pytest.mark.parametrize("normalise", [True, False])
def test_attention_without_weights_is_the_mean(normalise: bool) -> None:
    one = method("graphany", normalise=normalise)
    state = one.init(jax.random.key(0))
    flat = state._replace(params=jax.tree.map(jnp.zeros_like, state.params))
    wanted = method("mean_linear").node_scores((), GRAPH)
    np.testing.assert_allclose(one.node_scores(flat, GRAPH), wanted, atol=1e-5)


def test_scores_turn_with_classes_and_not_with_features() -> None:
    one = method("graphany")
    state = one.init(jax.random.key(0))
    plain = one.node_scores(state, GRAPH)
    rotation, _ = np.linalg.qr(RNG.normal(size=(6, 6)))
    turned = GRAPH._replace(x=GRAPH.x @ jnp.asarray(rotation, jnp.float32))
    np.testing.assert_allclose(one.node_scores(state, turned), plain, atol=3e-3)
    order = jnp.array([2, 0, 1])  # class c is called order[c]
    renamed = GRAPH._replace(y=jnp.where(GRAPH.y == HIDDEN, HIDDEN, order[GRAPH.y]))
    np.testing.assert_allclose(one.node_scores(state, renamed)[:, order], plain, atol=1e-4)


def test_attention_learns_which_channel_to_trust() -> None:
    """On a graph whose edges tell nothing, the share of the features' own channel grows, and the scores improve."""
    labels = np.arange(40) % 3
    upper = np.triu(RNG.random((40, 40)) < 0.2, 1)
    x = np.eye(6)[labels] + 0.3 * RNG.normal(size=(40, 6))
    graph = Graph(
        edges=jnp.asarray(upper + upper.T, jnp.float32),
        x=jnp.asarray(x / np.linalg.norm(x, axis=1, keepdims=True), jnp.float32),
        y=jnp.asarray(labels, jnp.int32),
    )
    one = registry.load("methods", "graph_transfer/graphany")(spec=SPEC, steps=200, given=graph, lr=0.03)
    state = one.init(jax.random.key(0))
    update = jax.jit(lambda state, key: one.update(state, (), key))
    start = state
    for key in jax.random.split(jax.random.key(1), 200):
        state = update(state, key)

    def errors(state):
        few = graph._replace(y=jnp.where(jnp.arange(40) < 12, graph.y, HIDDEN))
        return float(((one.node_scores(state, few) - jax.nn.one_hot(labels, 3)) ** 2).sum())

    assert errors(state) < 0.8 * errors(start)


def test_a_step_fits_five_labels_a_class() -> None:
    """With exactly five known a class nothing is left to aim at, so that only weight decay moves matrices."""
    five = GRAPH._replace(y=jnp.where(jnp.arange(40) < 15, GRAPH.y, HIDDEN))
    one = registry.load("methods", "graph_transfer/graphany")(spec=SPEC, steps=30, given=five, lr=0.01)
    state = one.init(jax.random.key(0))
    after = one.update(state, (), jax.random.key(1))
    before = state.params["params"]["Dense_0"]
    np.testing.assert_allclose(after.params["params"]["Dense_0"]["bias"], before["bias"], atol=1e-7)
    wanted = before["kernel"] * (1 - 0.01 * 0.02)
    np.testing.assert_allclose(after.params["params"]["Dense_0"]["kernel"], wanted, rtol=1e-5)
    scores = channel_scores(channel_features(five), one_hot_labels(five, 3), labelled(five))
    assert scores.shape == (5, 40, 3)
