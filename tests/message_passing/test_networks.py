"""The networks against loops in numpy on injected parameters, and laws that they keep."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.relaxed import inclusion_marginals
from toybench.methods.message_passing.pr_mpnn import drawn_edges, likeliest_edges, scored
from toybench.methods.message_passing.random_rewiring import random_edges
from toybench.plugins import registry
from toybench.tasks.message_passing import Batch, Graphs, Spec, mean_loss

SPEC = Spec(nodes=6, features=3, outputs=2, width=4, loss="absolute", reach=2)
SENTENCES = Spec(nodes=6, features=3, outputs=1, width=4, loss="logistic", reach=2, linked=False)
SCORERS = ("propagate_selector", "independent_scorer", "pooled_context")
METHODS = tuple(m.split("/")[1] for m in registry.methods("message_passing"))
KEY = jax.random.key(11)


def make(stem, **fields):
    """A method on small graphs, its state with noise in all parameters, and the parameters in numpy."""
    spec = SENTENCES if stem in SCORERS else SPEC
    method = registry.load("methods", f"message_passing/{stem}")(spec=spec, steps=10, **fields)
    state = method.init(KEY)
    leaves, tree = jax.tree.flatten(state.params)
    keys = jax.random.split(jax.random.key(5), len(leaves))
    noisy = [leaf + 0.3 * jax.random.normal(k, leaf.shape) for leaf, k in zip(leaves, keys, strict=True)]
    state = state._replace(params=jax.tree.unflatten(tree, noisy))
    return method, state, jax.tree.map(lambda x: np.array(x, np.float64), state.params)["params"]


def graphs(nodes=6, count=2, padded=0):
    """Random graphs whose last nodes are padding; node 5 has no edges in the first of them."""
    rng = np.random.default_rng(0)
    edges = rng.random((count, nodes, nodes)) < 0.45
    edges &= ~np.eye(nodes, dtype=bool)
    edges[0, 5] = edges[0, :, 5] = False
    x = rng.normal(size=(count, nodes, 3))
    total = nodes + padded
    wide = np.zeros((count, total, total), bool)
    wide[:, :nodes, :nodes] = edges
    features = np.zeros((count, total, 3), np.float32)
    features[:, :nodes] = x
    mask = np.arange(total)[None] < np.full((count, 1), nodes)
    return Graphs(edges=jnp.asarray(wide), x=jnp.asarray(features), mask=jnp.asarray(mask))


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def dense(p, x):
    return x @ p["kernel"] + p.get("bias", 0.0)


def mlp(p, x):
    return dense(p["Dense_1"], relu(dense(p["Dense_0"], x)))


def norm(p, x):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-6) * p["scale"] + p["bias"]


def gin_layers(p, edges, h, layers=2, first=0):
    for k in range(layers):
        told = np.stack([h[i] + sum(edges[i, j] * h[j] for j in range(len(h))) for i in range(len(h))])
        h = norm(p[f"Norm_{first + k}"], h + relu(mlp(p[f"GinConv_{k}"]["MLP_0"], told)))
    return h


def gin(p, edges, x):
    p = p["Layers_0"]
    return dense(p["Dense_1"], gin_layers(p, edges, relu(dense(p["Dense_0"], x))))


def heard_mean(weights, h):
    """Rows with weights are means, others 0."""
    rows = []
    for row in weights:
        total = row.sum()
        rows.append(sum(w * v for w, v in zip(row, h, strict=True)) / total if total > 0 else 0 * h[0])
    return np.stack(rows)


def heard_sum(weights, h):
    return np.stack([sum(w * v for w, v in zip(row, h, strict=True)) for row in weights])


def sage(p, edges, x, heard):
    p = p["Layers_0"]
    h = relu(dense(p["Dense_0"], x))
    for k in range(2):
        h = relu(dense(p[f"SageConv_{k}"]["Dense_0"], np.concatenate([h, heard(edges, h)], -1)))
    return dense(p["Dense_1"], h)


def gcn(p, edges, x):
    p = p["Layers_0"]
    h = relu(dense(p["Dense_0"], x))
    loops = edges + np.eye(len(x))
    receiving = loops.sum(1)
    sending = loops.sum(0)
    for k in range(2):
        told = [
            sum(loops[i, j] / np.sqrt(receiving[i] * sending[j]) * h[j] for j in range(len(h))) for i in range(len(h))
        ]
        h = relu(dense(p[f"GraphConv_{k}"]["Dense_0"], np.stack(told)))
    return dense(p["Dense_1"], h)


def gat(p, edges, x):
    p = p["Layers_0"]
    h = relu(dense(p["Dense_0"], x))
    for k in range(2):
        q = p[f"AttentionConv_{k}"]
        v = dense(q["Dense_0"], h)
        rows = []
        for i in range(len(h)):
            seen = [j for j in range(len(h)) if edges[i, j] or i == j]
            raw = np.array([(dense(q["Dense_1"], v[i]) + dense(q["Dense_2"], v[j]))[0] for j in seen])
            rows.append(softmax(np.where(raw > 0, raw, 0.2 * raw)) @ v[seen])
        h = relu(np.stack(rows))
    return dense(p["Dense_1"], h)


def gated(p, edges, x, actions, names, average=None):
    average = average or heard_mean
    h = relu(dense(p["Dense_0"], x))
    for name in names:
        listen, broadcast = actions(np.concatenate([h, heard_sum(edges, h)], -1))
        weights = edges * listen[:, None] * broadcast[None, :]
        h = relu(dense(p[name]["Dense_0"], np.concatenate([h, average(weights, h)], -1)))
    return dense(p["Dense_1"], h)


def cognn(p, edges, x, average=None):
    def actions(both):
        logits = dense(p["Actions_0"]["SageConv_0"]["Dense_0"], both)
        return logits[:, 0] > logits[:, 1], logits[:, 2] > logits[:, 3]

    return gated(p, edges, x, actions, ("SageConv_0", "SageConv_1"), average)


def soft_gates(p, edges, x):
    return gated(
        p, edges, x, lambda both: sigmoid(dense(p["SageConv_0"]["Dense_0"], both)).T, ("SageConv_1", "SageConv_2")
    )


def pr_mpnn(p, edges, x, k=1):
    e = relu(dense(p["Scores_0"]["Dense_0"], x))
    theta = dense(p["Scores_0"]["Dense_1"], e) @ dense(p["Scores_0"]["Dense_2"], e).T / 2  # the width is 4
    new = edges.astype(float)
    for i in range(len(x)):
        order = sorted((j for j in range(len(x)) if j != i), key=lambda j: -theta[i, j])
        for j in order[:k]:
            new[i, j] += 1
    return gin(p, new, x)


def virtual_node(p, edges, x):
    h = relu(dense(p["Dense_0"], x))
    v = np.zeros(4)
    for k in range(2):
        v = relu(mlp(p[f"MLP_{k}"], v + h.sum(0)))
        h = h + v
        told = np.stack([h[i] + sum(edges[i, j] * h[j] for j in range(len(h))) for i in range(len(h))])
        h = norm(p[f"Norm_{k}"], h + relu(mlp(p[f"GinConv_{k}"]["MLP_0"], told)))
    v = relu(mlp(p["MLP_2"], v + h.sum(0)))
    return dense(p["Dense_1"], h + v)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def attention_all(p, edges, x):
    h = dense(p["Dense_0"], x)
    for k in range(2):
        q = p[f"Block_{k}"]
        projected = norm(q["Norm_0"], h) @ q["Attention_0"]["Dense_0"]["kernel"]
        heads = []
        for head in range(2):
            a, b, c = np.split(projected[:, 6 * head : 6 * head + 6], 3, axis=-1)
            heads.append(np.stack([softmax(row) for row in a @ b.T / np.sqrt(2)]) @ c)
        h = h + np.concatenate(heads, -1) @ q["Attention_0"]["Dense_1"]["kernel"]
        h = h + dense(q["Dense_0"], gelu(dense(q["Dense_1"], norm(q["Norm_1"], h))))
    return dense(p["Dense_1"], h)


def propagate_selector(p, edges, x, hops=4):
    h = np.tanh(dense(p["Dense_0"], x))
    for k in range(hops):
        attended = []
        for i in range(len(h)):
            seen = [j for j in range(len(h)) if edges[i, j] or i == j]
            a = softmax(np.array([dense(p[f"Dense_{1 + 2 * k}"], h[i]) @ h[j] for j in seen]))
            attended.append(np.tanh(a @ h[seen]))
        h = np.tanh(dense(p[f"Dense_{2 + 2 * k}"], np.concatenate([h, np.stack(attended)], -1)))
    return (dense(p[f"Dense_{1 + 2 * hops}"], h) @ h[0])[:, None]


def independent_scorer(p, edges, x):
    h = np.tanh(mlp(p["MLP_0"], x))
    both = np.concatenate([h, np.broadcast_to(h[:1], h.shape)], -1)
    return (dense(p["Dense_0"], h) @ h[0])[:, None] + mlp(p["MLP_1"], both)


def pooled_context(p, edges, x):
    h = np.tanh(mlp(p["MLP_0"], x))
    mean = h.mean(0)
    both = np.concatenate([h, np.broadcast_to(mean, h.shape), np.broadcast_to(h[:1], h.shape)], -1)
    products = dense(p["Dense_0"], h) @ h[0] + dense(p["Dense_1"], h) @ mean
    return products[:, None] + mlp(p["MLP_1"], both)


BY_HAND = {
    "gin": ({}, gin),
    "deep_gin": ({}, gin),
    "mean_gnn": ({}, lambda p, e, x: sage(p, e, x, heard_mean)),
    "sum_gnn": ({}, lambda p, e, x: sage(p, e, x, heard_sum)),
    "gcn": ({}, gcn),
    "gat": ({}, gat),
    "cognn": ({}, cognn),
    "cognn as released": (
        {"divisor": "all"},
        lambda p, e, x: cognn(p, e, x, lambda w, h: heard_sum(w, h) / np.maximum(e.sum(1, keepdims=True), 1)),
    ),
    "soft_gates": ({}, soft_gates),
    "pr_mpnn": ({}, pr_mpnn),
    "pr_mpnn of two": ({"k": 2}, lambda p, e, x: pr_mpnn(p, e, x, k=2)),
    "virtual_node": ({}, virtual_node),
    "attention_all": ({}, attention_all),
    "propagate_selector": ({}, propagate_selector),
    "propagate_selector once": ({"hops": 1}, lambda p, e, x: propagate_selector(p, e, x, hops=1)),
    "independent_scorer": ({}, independent_scorer),
    "pooled_context": ({}, pooled_context),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_answers_by_hand(name):
    fields, by_hand = BY_HAND[name]
    method, state, params = make(name.split()[0], **fields)
    given = graphs()
    answers = method.predict(state, given)
    for i in range(2):
        expected = by_hand(params, np.array(given.edges[i], float), np.array(given.x[i], float))
        np.testing.assert_allclose(answers[i], expected, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("stem", [m for m in METHODS if m != "random_rewiring"])
def test_nodes_have_no_order(stem):
    """Numbering all nodes but the first anew moves the answers with them."""
    method, state, _ = make(stem)
    given = graphs()
    order = jnp.array([0, 3, 5, 1, 4, 2])
    moved = Graphs(edges=given.edges[:, order][:, :, order], x=given.x[:, order], mask=given.mask[:, order])
    np.testing.assert_allclose(method.predict(state, moved), method.predict(state, given)[:, order], atol=1e-4)


@pytest.mark.parametrize("stem", [m for m in METHODS if m not in {"random_rewiring", *SCORERS}])
def test_padding_changes_nothing(stem):
    method, state, _ = make(stem)
    wide = method.predict(state, graphs(padded=3))
    np.testing.assert_allclose(wide[:, :6], method.predict(state, graphs()), atol=1e-5)


@pytest.mark.parametrize("stem", METHODS)
def test_a_step_goes_down_the_loss(stem):
    """Adam's first step against the sign of the gradient, of the task's own loss."""
    method, state, _ = make(stem, lr=1e-3)
    given = graphs()
    answers = jnp.full((2, 6, method.spec.outputs), 0.7)
    batch = Batch(graphs=given, answers=answers, asked=jnp.arange(6)[None] < jnp.array([[1], [4]]))
    key = jax.random.key(2)

    def loss(params):
        return mean_loss(method.spec.loss, method.answer(params, given, key), batch)

    before = loss(state.params)
    after = method.update(state, batch, key)
    gradient = jax.tree.leaves(jax.grad(loss)(state.params))
    moved = jax.tree.leaves(jax.tree.map(lambda a, b: a - b, after.params, state.params))
    for g, m in zip(gradient, moved, strict=True):
        clear = np.abs(np.array(g)) > 1e-4
        np.testing.assert_allclose(np.array(m)[clear], -1e-3 * np.sign(np.array(g)[clear]), rtol=0.02)
    if stem not in {"random_rewiring", "pr_mpnn", "cognn"}:  # whose draws jump, or have another's gradient
        assert loss(after.params) < before


def test_all_who_listen_and_broadcast_are_the_mean_network():
    method, state, _ = make("cognn")
    actions = state.params["params"]["Actions_0"]["SageConv_0"]["Dense_0"]
    actions["kernel"] = jnp.zeros_like(actions["kernel"])
    actions["bias"] = jnp.array([9.0, -9.0, 9.0, -9.0])
    mean, other, _ = make("mean_gnn")
    params = state.params["params"]
    layers = {name: params[name] for name in ("Dense_0", "Dense_1", "SageConv_0", "SageConv_1")}
    expected = mean.predict(other._replace(params={"params": {"Layers_0": layers}}), graphs())
    np.testing.assert_allclose(method.predict(state, graphs()), expected, rtol=1e-5, atol=1e-6)
    assert float(jnp.abs(method.answer(state.params, graphs(), KEY) - expected).max()) < 1e-5  # nor does noise matter


def test_gates_that_are_all_alike_are_the_mean_network():
    method, state, _ = make("soft_gates")
    params = state.params["params"]
    params["SageConv_0"]["Dense_0"]["kernel"] = jnp.zeros_like(params["SageConv_0"]["Dense_0"]["kernel"])
    mean, other, _ = make("mean_gnn")
    layers = {name: params[name] for name in ("Dense_0", "Dense_1")}
    layers |= {"SageConv_0": params["SageConv_1"], "SageConv_1": params["SageConv_2"]}
    expected = mean.predict(other._replace(params={"params": {"Layers_0": layers}}), graphs())
    np.testing.assert_allclose(method.predict(state, graphs()), expected, rtol=1e-4, atol=1e-5)


def test_a_deep_gin_has_a_layer_for_every_step():
    method = registry.load("methods", "message_passing/deep_gin")(spec=dataclasses.replace(SPEC, reach=3), steps=1)
    params = method.init(KEY).params["params"]["Layers_0"]
    assert {"GinConv_0", "GinConv_1", "GinConv_2"} <= set(params) and "GinConv_3" not in params


def test_who_is_deaf_keeps_to_itself():
    method, state, _ = make("cognn")
    actions = state.params["params"]["Actions_0"]["SageConv_0"]["Dense_0"]
    actions["kernel"] = jnp.zeros_like(actions["kernel"])
    for bias in ([-9.0, 9.0, 9.0, -9.0], [9.0, -9.0, -9.0, 9.0]):
        actions["bias"] = jnp.array(bias)
        given = graphs()
        alone = given._replace(edges=jnp.zeros_like(given.edges))
        np.testing.assert_allclose(method.predict(state, given), method.predict(state, alone), atol=1e-6)


def test_actions_are_drawn_with_the_chances_of_their_logits():
    method, state, _ = make("cognn", layers=1)
    actions = state.params["params"]["Actions_0"]["SageConv_0"]["Dense_0"]
    actions["kernel"] = jnp.zeros_like(actions["kernel"])
    actions["bias"] = jnp.array([1.0, 0.0, 9.0, -9.0])  # listens with chance sigmoid(1)
    pair = Graphs(edges=jnp.array([[[False, True], [True, False]]]), x=jnp.ones((1, 2, 3)), mask=jnp.ones((1, 2), bool))
    alone = method.predict(state, pair._replace(edges=jnp.zeros_like(pair.edges)))[0, 0, 0]
    drawn = jax.vmap(lambda k: method.answer(state.params, pair, k)[0, 0, 0])(jax.random.split(KEY, 2000))
    heard = np.abs(np.array(drawn) - float(alone)) > 1e-6
    np.testing.assert_allclose(heard.mean(), sigmoid(1.0), atol=0.04)


def test_drawn_edges_are_subsets_with_their_exact_chances():
    theta = scored(jax.random.normal(KEY, (1, 5, 5)), jnp.array([[True, True, True, True, False]]))
    drawn = np.array(drawn_edges(theta, 2, 4000, jax.random.key(1)))
    np.testing.assert_allclose(drawn[:, :, :4].sum(-1), 2, atol=1e-5)
    assert np.abs(drawn[:, 0, range(5), range(5)]).max() < 1e-5 and np.abs(drawn[..., 4]).max() < 1e-5
    np.testing.assert_allclose(drawn.mean(0)[0, :4], np.array(inclusion_marginals(theta, 2))[0, :4], atol=0.03)
    weights = np.exp(np.array(theta[0, 0, 1:4]))  # by enumeration: three pairs of the nodes 1, 2 and 3
    pairs = {(1, 2): weights[0] * weights[1], (1, 3): weights[0] * weights[2], (2, 3): weights[1] * weights[2]}
    total = sum(pairs.values())
    expected = [sum(w for pair, w in pairs.items() if j in pair) / total for j in (1, 2, 3)]
    np.testing.assert_allclose(inclusion_marginals(theta, 2)[0, 0, 1:4], expected, rtol=1e-4)


def test_drawn_edges_have_the_gradient_of_the_chances():
    theta = scored(jax.random.normal(KEY, (1, 4, 4)), jnp.ones((1, 4), bool))
    weights = jax.random.normal(jax.random.key(8), (3, 1, 4, 4))
    through = jax.grad(lambda t: (weights * drawn_edges(t, 1, 3, KEY)).sum())(theta)
    exact = jax.grad(lambda t: (weights.sum(0) * jax.nn.softmax(t, axis=-1)).sum())(theta)  # k = 1 is a softmax
    np.testing.assert_allclose(through, exact, atol=1e-5)


def test_the_likeliest_edges_are_the_highest_scores():
    theta = jnp.array([[[0.1, 0.9, 0.5], [3.0, 1.0, 2.0], [0.0, -1.0, -2.0]]])
    np.testing.assert_array_equal(likeliest_edges(theta, 1)[0, 0], [[0, 1, 0], [1, 0, 0], [1, 0, 0]])
    np.testing.assert_array_equal(likeliest_edges(theta, 2)[0, 0], [[0, 1, 1], [1, 0, 1], [1, 1, 0]])


def test_random_edges_are_even():
    mask = jnp.array([[True, True, True, True, False]])
    edges = np.array(random_edges(mask, 2, 3000, KEY))[:, 0]
    np.testing.assert_array_equal(edges[:, :4].sum(-1), 2)
    expected = 2 / 3 * (1 - np.eye(5))
    expected[:, 4] = 0
    np.testing.assert_allclose(edges.mean(0)[:4], expected[:4], atol=0.04)


def test_random_rewiring_is_a_gin_on_the_edges_that_it_draws():
    method, state, params = make("random_rewiring", k=2)
    given = graphs()
    new = np.array(random_edges(given.mask, 2, 1, jax.random.key(0)))[0]
    for i in range(2):
        expected = gin(params, np.array(given.edges[i], float) + new[i], np.array(given.x[i], float))
        np.testing.assert_allclose(method.predict(state, given)[i], expected, rtol=2e-4, atol=2e-4)
    drawn = [method.answer(state.params, given, jax.random.key(k)) for k in range(2)]
    assert not np.allclose(*drawn)


def test_answers_of_several_draws_are_averaged():
    method, state, _ = make("pr_mpnn", draws=2)
    given = graphs()
    new = drawn_edges(scored_of(method, state, given), 1, 2, KEY)
    each = [method_gin(state, np.array(given.edges, float) + np.array(new[s])) for s in range(2)]
    np.testing.assert_allclose(method.answer(state.params, given, KEY), np.mean(each, 0), rtol=2e-4, atol=2e-4)


def scored_of(method, state, given):
    """Scores of a method's candidate edges, in numpy."""
    p = jax.tree.map(lambda x: np.array(x, np.float64), state.params)["params"]["Scores_0"]
    e = relu(dense(p["Dense_0"], np.array(given.x, float)))
    theta = dense(p["Dense_1"], e) @ np.swapaxes(dense(p["Dense_2"], e), -1, -2) / 2
    return scored(jnp.asarray(theta, jnp.float32), given.mask)


def method_gin(state, edges):
    """Answers of a rewired network's GIN for whole graphs, in numpy."""
    p = jax.tree.map(lambda x: np.array(x, np.float64), state.params)["params"]
    given = graphs()
    return np.stack([gin(p, np.array(edges[i], float), np.array(given.x[i], float)) for i in range(2)])


@pytest.mark.parametrize("stem", METHODS)
def test_methods_say_what_they_cannot_answer(stem):
    method, _, _ = make(stem)
    refuses = method.fits(SPEC if stem in SCORERS else SENTENCES)
    assert (refuses is None) == (stem == "attention_all")
    assert method.fits(method.spec) is None
