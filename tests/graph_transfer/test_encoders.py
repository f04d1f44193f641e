"""Losses by numpy, what masks hide, what a prompt and a head may change, and limits that are other methods."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from toybench.blocks import probes
from toybench.blocks.graphs import HIDDEN
from toybench.methods.graph_transfer._training import FEW_STEPS, Encoder, fit, link_loss, partners, subgraphs
from toybench.methods.graph_transfer.cca_ssg import standardised
from toybench.methods.graph_transfer.gca import CAP, chances, contrast
from toybench.methods.graph_transfer.graphmae import MaskedAutoencoder, cosines
from toybench.methods.graph_transfer.graphprompt import prototype_cosines
from toybench.plugins import registry
from toybench.tasks.graph_transfer import Graph, Spec, labelled, one_hot_labels

SPEC = Spec(nodes=24, features=5, classes=3, width=6, family=True)
RNG = np.random.default_rng(0)
LABELS = np.arange(24) % 3


def example() -> Graph:
    """Three classes, two labels of each known."""
    chance = np.where(LABELS[:, None] == LABELS[None, :], 0.5, 0.05)
    upper = np.triu(RNG.random((24, 24)) < chance, 1)
    x = np.eye(5)[LABELS] + 0.5 * RNG.normal(size=(24, 5))
    return Graph(
        edges=jnp.asarray(upper + upper.T, jnp.float32),
        x=jnp.asarray(x, jnp.float32),
        y=jnp.asarray(np.where(np.arange(24) < 6, LABELS, HIDDEN), jnp.int32),
    )


GRAPH = example()
CORPUS = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), GRAPH._replace(y=jnp.full(24, HIDDEN)))
SYMMETRIC = (np.asarray(GRAPH.edges) + np.eye(24)) / np.sqrt(
    np.outer(np.asarray(GRAPH.edges).sum(1) + 1, np.asarray(GRAPH.edges).sum(1) + 1)
)


def method(name, **fields):
    return registry.load("methods", f"graph_transfer/{name}")(spec=SPEC, steps=200, given=CORPUS, **fields)


def numpy_encoder(params: dict, x: np.ndarray) -> np.ndarray:
    first = params["GraphConv_0"]["Dense_0"]
    second = params["GraphConv_1"]["Dense_0"]
    hidden = np.maximum(SYMMETRIC @ x @ np.asarray(first["kernel"]) + np.asarray(first["bias"]), 0)
    return SYMMETRIC @ hidden @ np.asarray(second["kernel"]) + np.asarray(second["bias"])


def test_the_encoder_by_numpy() -> None:
    one = method("untrained_gcn")
    state = one.init(jax.random.key(0))
    wanted = numpy_encoder(state.params["params"], np.asarray(GRAPH.x))
    np.testing.assert_allclose(one.embed(state, GRAPH), wanted, atol=1e-5)


def test_propagated_features_by_numpy() -> None:
    found = method("propagated_features", hops=3).embed((), GRAPH)
    np.testing.assert_allclose(found, np.linalg.matrix_power(SYMMETRIC, 3) @ np.asarray(GRAPH.x), atol=1e-5)


def test_contrast_by_numpy() -> None:
    first = RNG.normal(size=(7, 4))
    second = RNG.normal(size=(7, 4))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second /= np.linalg.norm(second, axis=1, keepdims=True)
    across = np.exp(first @ second.T / 0.4)
    inside = np.exp(first @ first.T / 0.4)
    wanted = -np.log(np.diag(across) / (inside.sum(1) + across.sum(1) - np.diag(inside))).mean()
    found = contrast(jnp.asarray(first, jnp.float32), jnp.asarray(second, jnp.float32), jnp.asarray(0.4))
    assert float(found) == pytest.approx(wanted, rel=1e-5)


def test_chances_to_drop_by_hand() -> None:
    """Log-importances 0, 1, 2 and 9: unimportances 9/6, 8/6, 7/6, 0 of mean 1 are scaled to the rate and cut off."""
    found = chances(jnp.array([0.0, 1.0, 2.0, 9.0]), jnp.ones(4), jnp.asarray(0.6))
    np.testing.assert_allclose(found, [CAP, CAP, 0.7, 0.0], atol=1e-6)
    found = chances(jnp.array([0.0, 1.0, 2.0, 9.0]), jnp.ones(4), jnp.asarray(0.3))
    np.testing.assert_allclose(found, [0.45, 0.4, 0.35, 0.0], atol=1e-6)


def test_views_keep_edges_between_hubs_and_are_symmetric() -> None:
    one = method("gca", drop_edges=0.4, drop_features=0.3)
    uniform = jnp.asarray(RNG.random((200, 24, 24)), jnp.float32)
    views = jax.vmap(lambda u: one.view(GRAPH, u, jnp.ones(5)))(uniform)
    assert (np.asarray(views.edges) == np.swapaxes(views.edges, 1, 2)).all()
    kept = np.asarray(views.edges).mean(0)
    degrees = np.asarray(GRAPH.edges).sum(1)
    there = np.asarray(GRAPH.edges) > 0
    assert kept[there].mean() == pytest.approx(0.6, abs=0.04)
    product = np.outer(degrees, degrees)
    assert kept[there & (product > np.quantile(product[there], 0.8))].mean() > 0.7
    assert (kept[~there] == 0).all()
    np.testing.assert_array_equal(views.x[0], GRAPH.x)


def test_cca_ssg_by_numpy() -> None:
    """Without drops both views are the graph."""
    one = method("cca_ssg", drop=0.0, weight=0.1)
    state = one.init(jax.random.key(0))
    h = numpy_encoder(state.params["params"], np.asarray(GRAPH.x))
    z = (h - h.mean(0)) / h.std(0, ddof=1)
    wanted = -(z**2).sum() / 24 + 2 * 0.1 * ((z.T @ z / 24 - np.eye(6)) ** 2).sum()
    assert float(one.loss(state.params, GRAPH, jax.random.key(1))) == pytest.approx(wanted, rel=1e-3)
    np.testing.assert_allclose(standardised(jnp.asarray(h, jnp.float32)), z, atol=1e-3)


def test_masked_features_are_not_seen() -> None:
    """Reconstructions don't change with the features that are masked, and do with others."""
    masked = jnp.asarray((np.arange(24) < 8).astype(np.float32))
    network = MaskedAutoencoder(6)
    params = method("graphmae").init(jax.random.key(0)).params
    _, plain = network.apply(params, GRAPH.edges, GRAPH.x, masked)
    _, other = network.apply(params, GRAPH.edges, GRAPH.x.at[:8].add(3.0), masked)
    _, third = network.apply(params, GRAPH.edges, GRAPH.x.at[8:].add(3.0), masked)
    np.testing.assert_array_equal(plain, other)
    assert float(jnp.abs(plain - third).max()) > 0.1


def test_a_masked_node_is_built_from_its_neighbours_codes_alone() -> None:
    """An isolated masked node gets the decoder's bias, 0 before the first step."""
    alone = GRAPH._replace(edges=GRAPH.edges.at[0].set(0.0).at[:, 0].set(0.0))
    params = method("graphmae").init(jax.random.key(0)).params
    _, rebuilt = MaskedAutoencoder(6).apply(params, alone.edges, alone.x, jnp.zeros(24).at[0].set(1.0))
    np.testing.assert_allclose(rebuilt[0], 0.0, atol=1e-6)


def test_graphmae_asks_masked_nodes_alone() -> None:
    one = method("graphmae", mask=0.5)
    params = one.init(jax.random.key(0)).params
    key = jax.random.key(5)
    masked = (jax.random.uniform(key, (24,)) < 0.5).astype(jnp.float32)
    _, rebuilt = MaskedAutoencoder(6).apply(params, GRAPH.edges, GRAPH.x, masked)
    a = np.asarray(rebuilt)
    b = np.asarray(GRAPH.x)
    cosine = (a * b).sum(1) / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-9)
    wanted = ((1 - cosine) ** 2)[np.asarray(masked) > 0].mean()
    assert float(one.loss(params, GRAPH, key)) == pytest.approx(wanted, rel=1e-4)
    np.testing.assert_allclose(cosines(rebuilt, GRAPH.x), cosine, atol=1e-4)


def test_partners_are_drawn_from_those_allowed() -> None:
    allowed = jnp.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    uniform = jnp.array([[0.9, 0.2, 0.1], [0.0, 0.9, 0.9], [0.5, 0.5, 0.5]])
    chosen, there = partners(uniform, allowed)
    np.testing.assert_array_equal(chosen[:2], [1, 0])
    np.testing.assert_array_equal(there, [1, 1, 0])


def test_s2gae_by_numpy() -> None:
    """With every edge masked the encoder sees none, and the loss is that of products of both layers."""
    one = method("s2gae", mask=1.0)
    params = one.init(jax.random.key(0)).params
    tree = jax.tree.map(np.asarray, params["params"])
    x = np.asarray(GRAPH.x)
    first = tree["Encoder_0"]["GraphConv_0"]["Dense_0"]
    second = tree["Encoder_0"]["GraphConv_1"]["Dense_0"]
    hidden = np.maximum(x @ first["kernel"] + first["bias"], 0)
    last = np.maximum(hidden @ second["kernel"] + second["bias"], 0)
    layers = [hidden, last]
    key = jax.random.key(3)
    noise = np.asarray(jax.random.uniform(key, (24 * 24 * 2 + 24,)))
    near = (np.asarray(GRAPH.edges) * (1 + noise[576:1152].reshape(24, 24))).argmax(1)
    other = np.floor(noise[1152:] * 24).astype(int)

    def logits(far):
        products = np.concatenate([a * b[far] for a in layers for b in layers], axis=1)
        inner = np.maximum(products @ tree["MLP_0"]["Dense_0"]["kernel"] + tree["MLP_0"]["Dense_0"]["bias"], 0)
        return (inner @ tree["MLP_0"]["Dense_1"]["kernel"] + tree["MLP_0"]["Dense_1"]["bias"])[:, 0]

    linked = np.asarray(GRAPH.edges).max(1)
    wanted = (linked * np.log1p(np.exp(-logits(near)))).sum() / linked.sum() + np.log1p(np.exp(logits(other))).mean()
    assert float(one.loss(params, GRAPH, key)) == pytest.approx(wanted, rel=1e-4)


def test_link_loss_by_numpy() -> None:
    s = RNG.normal(size=(24, 6))
    uniform = RNG.random((2, 24, 24))
    edges = np.asarray(GRAPH.edges)
    near = (edges * (1 + uniform[0])).argmax(1)
    far = ((1 - edges - np.eye(24)) * (1 + uniform[1])).argmax(1)
    unit = s / np.linalg.norm(s, axis=1, keepdims=True)
    pair = np.stack([(unit * unit[near]).sum(1), (unit * unit[far]).sum(1)]) / 0.3
    each = -(pair[0] - np.log(np.exp(pair).sum(0)))
    wanted = each[edges.max(1) > 0].mean()
    found = link_loss(jnp.asarray(s, jnp.float32), GRAPH.edges, jnp.asarray(uniform, jnp.float32), jnp.asarray(0.3))
    assert float(found) == pytest.approx(wanted, rel=1e-4)
    np.testing.assert_allclose(subgraphs(GRAPH.edges, jnp.asarray(s, jnp.float32)), (np.eye(24) + edges) @ s, atol=1e-4)


@pytest.mark.parametrize("name", ["gca", "cca_ssg", "graphmae", "s2gae", "graphprompt", "link_finetune", "link_probe"])
def test_pre_training_lowers_its_loss(name: str) -> None:
    one = method(name, lr=0.01)
    state = jax.jit(one.init)(jax.random.key(0))
    keys = jax.random.split(jax.random.key(7), 32)

    @jax.jit
    def train(state):
        def step(state, key):
            return one.update(state, jnp.zeros((), jnp.int32), key), None

        after, _ = jax.lax.scan(step, state, jax.random.split(jax.random.key(1), 200))
        mean = [jax.vmap(lambda key, p=p: one.loss(p, GRAPH, key))(keys).mean() for p in (state.params, after.params)]
        return mean

    before, after = train(state)
    assert float(after) < float(before) - 0.05


def test_fit_is_adamw_with_a_cosine() -> None:
    def loss(p):
        return ((p - 1.0) ** 2).sum()

    start = jnp.array([0.0, 3.0])
    with jax.numpy_dtype_promotion("standard"):
        transform = optax.adamw(lambda count: 0.1 * (1 + jnp.cos(jnp.pi * count / FEW_STEPS)) / 2, weight_decay=0.5)
        p = start
        memory = transform.init(p)
        for _ in range(FEW_STEPS):
            step, memory = transform.update(jax.grad(loss)(p), memory, p)
            p = optax.apply_updates(p, step)
    np.testing.assert_allclose(fit(loss, start, 0.1, 0.5), p, rtol=1e-4)


def test_label_propagation_is_the_limit_of_its_iteration() -> None:
    edges = np.asarray(GRAPH.edges, np.float64)
    root = np.where(edges.sum(1) > 0, np.maximum(edges.sum(1), 1) ** -0.5, 0)
    reads = root[:, None] * edges * root[None, :]
    known = np.asarray(one_hot_labels(GRAPH, 3), np.float64)
    f = known
    for _ in range(400):
        f = 0.9 * reads @ f + 0.1 * known
    np.testing.assert_allclose(method("label_propagation", alpha=0.9).node_scores((), GRAPH), f, atol=1e-5)


def test_prototypes_by_hand() -> None:
    found = np.asarray(method("propagated_prototypes", hops=0).node_scores((), GRAPH))
    x = np.asarray(GRAPH.x)
    means = np.stack([(x[c] + x[c + 3]) / 2 for c in range(3)])
    lengths = np.linalg.norm(x, axis=1)[:, None] * np.linalg.norm(means, axis=1)[None, :]
    np.testing.assert_allclose(found, x @ means.T / lengths, atol=1e-5)
    two = np.asarray(method("propagated_prototypes", hops=2).node_scores((), GRAPH._replace(x=GRAPH.x)))
    moved = GRAPH._replace(x=jnp.asarray(SYMMETRIC @ SYMMETRIC @ x, jnp.float32))
    np.testing.assert_allclose(method("propagated_prototypes", hops=0).node_scores((), moved), two, atol=1e-5)


def test_without_a_prompt_scores_are_those_of_class_means() -> None:
    one = method("graphprompt", prompt=False, temperature=0.5)
    state = one.init(jax.random.key(0))
    s = (np.eye(24) + np.asarray(GRAPH.edges)) @ numpy_encoder(state.params["params"], np.asarray(GRAPH.x))
    means = np.stack([(s[c] + s[c + 3]) / 2 for c in range(3)])
    lengths = np.linalg.norm(s, axis=1)[:, None] * np.linalg.norm(means, axis=1)[None, :]
    np.testing.assert_allclose(one.node_scores(state, GRAPH), s @ means.T / lengths / 0.5, atol=1e-4)


def test_a_prompt_fits_known_labels_better() -> None:
    one = method("graphprompt", prompt_lr=0.1)
    state = one.init(jax.random.key(0))
    known = one_hot_labels(GRAPH, 3)
    s = one.read_outs(state.params, GRAPH)

    def error(scores):
        return float(-(known * jax.nn.log_softmax(scores, axis=-1)).sum())

    assert error(one.node_scores(state, GRAPH)) < error(prototype_cosines(s, known)) - 0.01
    still = method("graphprompt", prompt_lr=0.0)
    np.testing.assert_allclose(still.node_scores(state, GRAPH), prototype_cosines(s, known), atol=1e-5)


def test_the_probe_is_ridge_on_scaled_embeddings() -> None:
    one = method("link_probe", penalty=2.0)
    state = one.init(jax.random.key(0))
    h = numpy_encoder(state.params["params"], np.asarray(GRAPH.x))
    h = jnp.asarray(h / np.sqrt((h**2).mean()), jnp.float32)
    weights = probes.ridge(h, one_hot_labels(GRAPH, 3), labelled(GRAPH), 2.0)
    np.testing.assert_allclose(one.node_scores(state, GRAPH), probes.apply_ridge(weights, h), atol=1e-3)


def test_scratch_networks_by_numpy() -> None:
    """At a rate of 0 they are their random starts."""
    one = method("gcn_scratch", lr=0.0)
    state = one.init(jax.random.key(0))
    wanted = numpy_encoder(state.params["params"], np.asarray(GRAPH.x))
    np.testing.assert_allclose(one.node_scores(state, GRAPH), wanted, atol=1e-5)
    one = method("mlp", lr=0.0)
    state = one.init(jax.random.key(0))
    layers = jax.tree.map(np.asarray, state.params["params"])
    hidden = np.maximum(np.asarray(GRAPH.x) @ layers["Dense_0"]["kernel"], 0)
    np.testing.assert_allclose(one.node_scores(state, GRAPH), hidden @ layers["Dense_1"]["kernel"], atol=1e-5)


@pytest.mark.parametrize("name", ["gcn_scratch", "mlp", "link_finetune", "graphprompt"])
def test_known_labels_are_learned(name: str) -> None:
    fields = {"lr": 0.03} if name in ("gcn_scratch", "mlp") else {}
    one = method(name, **fields)
    scores = jax.jit(lambda state: one.node_scores(state, GRAPH))(one.init(jax.random.key(0)))
    right = np.asarray(scores).argmax(1) == LABELS
    assert right[:6].mean() >= 5 / 6
    assert right[6:].mean() > 0.5


def test_fine_tuning_starts_at_the_pre_trained_encoder() -> None:
    """With a rate of 0 the head says nothing; the encoder that a step starts from is the pre-trained one."""
    one = method("link_finetune", few_lr=0.0)
    state = one.init(jax.random.key(0))
    np.testing.assert_array_equal(one.node_scores(state, GRAPH), np.zeros((24, 3)))
    wanted = numpy_encoder(state.params["params"], np.asarray(GRAPH.x))
    np.testing.assert_allclose(one.embeddings(state.params, GRAPH), wanted, atol=1e-5)
    assert Encoder(6).apply(state.params, GRAPH.edges, GRAPH.x)[0].min() >= 0
