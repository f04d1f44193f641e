"""Graphs and the rules on them: who reads from whom, what crosses layers, and that hidden labels stay hidden."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.local_learning._graph import enlarged, propagation
from toybench.methods.local_learning.forwardgnn_sf import ForwardGNNSF
from toybench.methods.local_learning.forwardgnn_sf_topdown import ForwardGNNSFTopDown
from toybench.methods.local_learning.graph_backprop import GraphBackprop
from toybench.methods.local_learning.graph_direct_feedback_alignment import GraphDirectFeedbackAlignment
from toybench.methods.local_learning.graph_forward_forward import GraphForwardForward
from toybench.methods.local_learning.graph_frozen_hidden import GraphFrozenHidden
from toybench.methods.local_learning.sgc import SGC
from toybench.tasks.local_learning import HIDDEN, Graph, GraphSpec
from toybench.tasks.local_learning.node_classification import NodeClassification
from toybench.tasks.local_learning.shifted_nodes import ShiftedNodes

KEY = jax.random.key(0)
LEARNERS = [
    ForwardGNNSF,
    ForwardGNNSFTopDown,
    GraphBackprop,
    GraphDirectFeedbackAlignment,
    GraphForwardForward,
    GraphFrozenHidden,
    SGC,
]


def graph(n=12, d=3):
    rng = np.random.default_rng(0)
    upper = np.triu(rng.random((n, n)) < 0.4, 1)
    labels = np.where(rng.random(n) < 0.6, np.arange(n) % 2, HIDDEN)
    edges, x = jnp.asarray(upper + upper.T, jnp.float32), jnp.asarray(rng.normal(size=(n, d)), jnp.float32)
    return Graph(edges=edges, x=x, y=jnp.asarray(labels, jnp.int32))


def bound(cls, conv="gcn", hidden=(5, 4), activation="relu"):
    spec = GraphSpec(features=3, classes=2, hidden=hidden, conv=conv, activation=activation)
    return cls(spec=spec, steps=10, given=graph())


def test_propagation_by_hand():
    path = jnp.asarray([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    a, b = 1 / 6**0.5, 1 / 3
    np.testing.assert_allclose(propagation("gcn", path), [[0.5, a, 0], [a, b, a], [0, a, 0.5]], rtol=1e-5)
    np.testing.assert_allclose(propagation("sage", path), [[0.0, 1.0, 0.0], [0.5, 0.0, 0.5], [0.0, 1.0, 0.0]])


def test_a_virtual_node_reads_the_mean_of_its_class():
    public = graph()
    labels = jax.nn.one_hot(public.y, 2)
    for both_ways in (False, True):
        edges = enlarged(public.edges, labels, both_ways)
        n = len(labels)
        means = propagation("sage", edges)[n:, :n] @ public.x
        for c in range(2):
            np.testing.assert_allclose(means[c], public.x[public.y == c].mean(0), atol=1e-6)
        assert np.any(edges[:n, n:]) == both_ways
        np.testing.assert_array_equal(edges[:n, :n], public.edges)


@pytest.mark.parametrize("task", [NodeClassification(), ShiftedNodes()])
def test_graphs_are_as_declared(task):
    world = jax.jit(task.sample)(KEY)
    edges, known = np.asarray(world.graph.edges), np.asarray(world.graph.y) != HIDDEN
    np.testing.assert_array_equal(edges, edges.T)
    assert not np.diag(edges).any()
    community = np.arange(task.nodes) % 4
    same = community[:, None] == community[None, :]
    assert abs(edges[same].mean() * task.nodes / (task.nodes - 4) - task.within) < 0.02
    assert abs(edges[~same].mean() - task.between) < 0.005
    assert set(np.bincount(community[known])) == {int(task.labelled * task.nodes / 4)}
    np.testing.assert_array_equal(np.asarray(world.graph.y)[known], np.asarray(world.labels)[known])


def test_the_sign_shifts_the_class_by_two():
    world = jax.jit(ShiftedNodes(signal=0.0, own=9.0).sample)(KEY)
    community, labels = np.arange(320) % 4, np.asarray(world.labels)
    shift = (labels - community) % 4
    assert set(shift) == {0, 2}
    direction = np.linalg.svd(np.asarray(world.graph.x), full_matrices=False)[2][0]
    side = np.asarray(world.graph.x) @ direction > 0
    agree = (side == (shift == 2)).mean()
    assert max(agree, 1 - agree) > 0.99


@pytest.mark.parametrize("cls", LEARNERS)
def test_every_learner_lowers_its_errors_on_known_labels(cls):
    method = bound(cls, "sage", hidden=(16, 16))

    @jax.jit
    def trained(key):
        state = method.init(key)
        after, _ = jax.lax.scan(lambda s, k: (method.update(s, (), k), None), state, jax.random.split(key, 60))
        return method.node_scores(state), method.node_scores(after)

    y = np.asarray(method.given.y)
    before, after = (np.asarray(scores) for scores in trained(KEY))
    assert after.shape == (len(y), 2) and np.isfinite(after).all()
    assert (after.argmax(1) == y)[y != HIDDEN].mean() >= min(0.8, (before.argmax(1) == y)[y != HIDDEN].mean())


def test_a_frozen_network_changes_its_readout_only_and_by_the_gradient():
    frozen, exact = (bound(c, activation="tanh") for c in (GraphFrozenHidden, GraphBackprop))
    state = jax.jit(frozen.init)(KEY)
    still, gradient = jax.jit(frozen.direction)(state), jax.jit(exact.direction)(state)
    assert not any(np.any(v) for v in jax.tree.leaves(still[:-1]))
    np.testing.assert_allclose(still[-1].w, gradient[-1].w, atol=1e-6)


def test_feedback_through_the_readouts_transpose_is_the_gradient_of_the_last_hidden_layer():
    aligned, exact = (bound(c, hidden=(5,), activation="tanh") for c in (GraphDirectFeedbackAlignment, GraphBackprop))
    state = aligned.init(KEY)
    back = state.params[-1].w.T * aligned.spec.classes**0.5
    state = state._replace(fixed={**state.fixed, "b0": back})
    for ours, theirs in zip(aligned.direction(state), exact.direction(state), strict=True):
        np.testing.assert_allclose(ours.w, theirs.w, atol=1e-6)
        np.testing.assert_allclose(ours.b, theirs.b, atol=1e-6)


def test_local_layers_ignore_those_above_and_send_nothing_below():
    single = bound(ForwardGNNSF)
    state = single.init(KEY)
    louder = (state.params[0], jax.tree.map(lambda v: 2 * v, state.params[1]))

    @jax.jit
    def each(params):
        return jax.grad(lambda p: single.local_losses(single.activities(p, state.fixed)))(params)

    np.testing.assert_array_equal(each(state.params)[0].w, each(louder)[0].w)
    last = jax.jit(jax.grad(lambda p: single.local_losses(single.activities(p, state.fixed)[1:])))(state.params)
    assert not np.any(last[0].w) and np.any(last[1].w)
    forward = bound(GraphForwardForward)
    state = forward.init(KEY)
    labels = forward.shown(forward.given.y, jnp.full(2, 0.5))
    last = jax.jit(jax.grad(lambda p: forward.goodness(p, state.fixed, labels)[1].sum()))(state.params)
    assert not np.any(last[0].w) and np.any(last[1].w)


def test_without_weights_on_what_is_above_a_top_down_network_is_the_plain_one():
    plain, topped = bound(ForwardGNNSF), bound(ForwardGNNSFTopDown)
    a, b = plain.init(KEY), topped.init(KEY)
    fixed = {**b.fixed, "x": a.fixed["x"]}
    blind = tuple(
        layer._replace(w=jnp.concatenate([small.w, jnp.zeros((len(layer.w) - len(small.w), small.w.shape[1]))]))
        for layer, small in zip(b.params, a.params, strict=True)
    )
    want, hs = plain.activities(a.params, a.fixed), topped.upward(blind, fixed)
    for ours, theirs in zip(hs, want, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    for ours, theirs in zip(topped.step(blind, fixed, hs), want, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    seeing = topped.step(b.params, b.fixed, topped.upward(b.params, b.fixed))
    changed = topped.step(b.params, {**b.fixed, "top": b.fixed["top"][::-1]}, topped.upward(b.params, b.fixed))
    assert np.any(seeing[-1] != changed[-1])


def test_forward_forward_shows_true_labels_where_they_are_known():
    method = bound(GraphForwardForward)
    y = np.asarray(method.given.y)
    shown = np.asarray(method.shown(method.given.y, jnp.asarray([0.25, 0.75])))
    np.testing.assert_array_equal(shown[y != HIDDEN], np.eye(2)[y[y != HIDDEN]])
    assert (shown[y == HIDDEN] == [0.25, 0.75]).all()


def test_sgc_is_a_linear_readout_of_propagated_features():
    method = bound(SGC)
    state = method.init(KEY)
    reads = propagation("gcn", method.given.edges)
    np.testing.assert_allclose(
        method.node_scores(state), reads @ (reads @ method.given.x) @ state.params[0].w, atol=1e-5
    )


def test_a_learner_never_meets_a_hidden_label():
    task = NodeClassification()
    world = jax.jit(task.sample)(KEY)
    other = world._replace(labels=jnp.where(world.graph.y == HIDDEN, (world.labels + 1) % 4, world.labels))
    for a, b in zip(jax.tree.leaves(task.given(world)), jax.tree.leaves(task.given(other)), strict=True):
        np.testing.assert_array_equal(a, b)
    answer = type("Learner", (), {"node_scores": lambda self: jax.nn.one_hot(world.labels, 4)})()
    metrics = [task.evaluate(w, KEY, answer) for w in (world, other)]
    assert [float(m["test_accuracy"]) for m in metrics] == [1.0, 0.0]
    assert [float(m["train_accuracy"]) for m in metrics] == [1.0, 1.0]
