"""The world's laws, the mixing of models, and each learner's own part."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.graphs import HIDDEN
from toybench.methods.federated_graphs import _clients, fed_pub
from toybench.plugins import registry
from toybench.tasks.federated_graphs import Clients, Spec

SPEC = Spec(clients=3, nodes=10, features=4, classes=2, local_steps=2)


def task(**knobs):
    return registry.load("tasks", "federated_graphs/subgraph_clients")(**knobs)


def graphs(seed=0):
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.random((3, 10, 10)) < 0.4, 1)
    y = np.tile(np.arange(10) % 2, (3, 1))
    x = rng.normal(size=(3, 10, 4))
    x[:, :, 0] += np.where(y == 1, 1.5, -1.5)
    seen = np.arange(10) < 6
    return Clients(
        edges=jnp.asarray(upper + upper.swapaxes(1, 2), jnp.float32),
        x=jnp.asarray(x, jnp.float32),
        y=jnp.asarray(np.where(seen[None], y, HIDDEN), jnp.int32),
    )


GIVEN = graphs()


def make(stem, **values):
    return registry.load("methods", f"federated_graphs/{stem}")(spec=SPEC, given=GIVEN, steps=10, **values)


def spread(params, seed=1):
    """Models that differ from client to client."""
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda leaf: leaf + jnp.asarray(rng.normal(size=leaf.shape), leaf.dtype), params)


def same(a, b, **tolerance):
    for one, other in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(one, other, **(tolerance or {"atol": 1e-5}))


PLANNED = {"types": 3, "each": 3, "signal": 1.2, "known": 8, "degree": 8.0}


@pytest.fixture(scope="module")
def worlds():
    return jax.jit(jax.vmap(task(**PLANNED).sample))(jax.random.split(jax.random.key(0), 12))


def test_world_has_its_shares(worlds) -> None:
    assert (np.asarray(worlds.seen).sum(2) == 8).all()
    edges = np.asarray(worlds.clients.edges)
    assert edges.sum(3).mean() == pytest.approx(8.0, rel=0.05)
    y = np.asarray(worlds.clients.y)
    assert all((y == c).sum() == y.size / 4 for c in range(4))
    alike = (y[..., :, None] == y[..., None, :]) & ~np.eye(40, dtype=bool)
    other = y[..., :, None] != y[..., None, :]
    assert edges[alike].mean() / edges[other].mean() == pytest.approx(7.0, rel=0.15)
    residual = np.asarray(worlds.clients.x) - 1.2 * np.take_along_axis(np.asarray(worlds.means), y[..., None], axis=2)
    assert residual.std() == pytest.approx(1.0, rel=0.02)


def test_each_type_has_a_common_class() -> None:
    one = task(types=3, each=3, share=0.55, degree=6.0)
    world = jax.jit(one.sample)(jax.random.key(0))
    y = np.asarray(world.clients.y)
    counts = [[(y[k] == c).sum() for c in range(4)] for k in range(9)]
    for k in range(9):
        assert counts[k][k // 3] == 22
        assert sorted(counts[k])[0] == 6
    degrees = jax.jit(jax.vmap(one.sample))(jax.random.split(jax.random.key(1), 12)).clients.edges.sum(3)
    np.testing.assert_allclose(np.asarray(degrees).mean((0, 2)).reshape(3, 3).mean(1), 6.0, rtol=0.06)
    assert (np.asarray(world.seen).sum(1) == 6).all()


def test_types_share_means_and_differ_by_names_and_a_rotation(worlds) -> None:
    means = np.asarray(worlds.means)  # [worlds, clients, classes, features]
    np.testing.assert_allclose((means**2).sum(-1), 1.0, rtol=1e-4)
    np.testing.assert_allclose(means[:, 0], means[:, 2], atol=1e-6)
    kept = np.sort(means[..., 4:], axis=2)  # no direction there is turned; names are permuted
    np.testing.assert_allclose(kept[:, 0], kept[:, 3], atol=1e-6)
    turned = np.sort(means[..., :4], axis=2)
    assert np.abs(turned[:, 0] - turned[:, 3]).max(axis=(1, 2)).min() > 0.1
    lengths = np.sort((means[..., :4] ** 2).sum(-1), axis=2)
    np.testing.assert_allclose(lengths[:, 0], lengths[:, 8], atol=1e-5)


@pytest.mark.parametrize(("knobs", "floor", "oracle"), [(PLANNED, 0.3, 0.93), ({}, 0.32, 0.78)])
def test_references(knobs: dict, floor: float, oracle: float) -> None:
    one = task(**knobs)
    judge = lambda w: {n: one.evaluate(w, jax.random.key(0), getattr(one, n)(w)) for n in ("floor", "oracle")}  # noqa: E731
    scores = jax.jit(jax.vmap(lambda key: judge(one.sample(key))))(jax.random.split(jax.random.key(0), 8))
    assert float(scores["floor"]["client_accuracy"].mean()) < floor
    np.testing.assert_allclose(scores["floor"]["type_auc"], 0.5)
    np.testing.assert_allclose(scores["oracle"]["type_auc"], 1.0)
    assert float(scores["oracle"]["client_accuracy"].mean()) > oracle


def test_network_and_loss_in_numpy() -> None:
    weights = jax.tree.map(lambda leaf: leaf[0], spread(_clients.start(jax.random.key(0), SPEC)))
    client = jax.tree.map(lambda leaf: leaf[0], GIVEN)
    looped = np.asarray(client.edges) + np.eye(10)
    reads = looped / np.sqrt(looped.sum(1)[:, None] * looped.sum(1)[None])
    first, second, last = (jax.tree.map(np.asarray, part) for part in weights)
    inner = np.maximum(reads @ np.asarray(client.x) @ first.w + first.b, 0)
    outer = np.maximum(reads @ inner @ second.w + second.b, 0)
    scores = outer @ last.w + last.b
    np.testing.assert_allclose(_clients.logits(weights, client.edges, client.x), scores, rtol=1e-3, atol=1e-3)
    logs = (
        scores
        - np.log(np.exp(scores - scores.max(1, keepdims=True)).sum(1, keepdims=True))
        - scores.max(1, keepdims=True)
    )
    expected = -logs[np.arange(6), np.arange(6) % 2].mean()
    np.testing.assert_allclose(_clients.cross_entropy(weights, client), expected, rtol=1e-3)


def test_all_start_alike_and_mixing_is_a_weighted_mean() -> None:
    params = _clients.start(jax.random.key(0), SPEC)
    for leaf in jax.tree.leaves(params):
        np.testing.assert_array_equal(leaf[0], leaf[2])
    params = spread(params)
    shares = jnp.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.2, 0.3, 0.5]])
    for leaf, mixed in zip(jax.tree.leaves(params), jax.tree.leaves(_clients.mixed(params, shares)), strict=True):
        np.testing.assert_allclose(mixed[0], (leaf[0] + leaf[1]) / 2, atol=1e-5)
        np.testing.assert_allclose(mixed[1], leaf[1], atol=1e-6)
        np.testing.assert_allclose(mixed[2], 0.2 * leaf[0] + 0.3 * leaf[1] + 0.5 * leaf[2], atol=1e-5)


def test_shares_by_hand_and_their_limits() -> None:
    vectors = jnp.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0]])
    cosines = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    expected = np.exp(2 * cosines) / np.exp(2 * cosines).sum(1, keepdims=True)
    np.testing.assert_allclose(_clients.similarity_shares(vectors, 2.0), expected, rtol=1e-5)
    np.testing.assert_allclose(_clients.similarity_shares(vectors, 0.0), 1 / 3, rtol=1e-6)
    apart = jnp.array([[1.0, 0.0], [0.9, 0.5], [0.0, 3.0]])
    np.testing.assert_allclose(_clients.similarity_shares(apart, 1e4), np.eye(3), atol=1e-6)


@pytest.mark.parametrize(("tau", "other"), [(0.0, "fedavg"), (1e6, "local_gcn")])
def test_fed_pub_between_the_mean_model_and_none(tau: float, other: str) -> None:
    """Without mask and distance, from different models: tau = 0 is the mean of all, a large one each client's own."""
    ours = make("fed_pub", tau=tau, mask=False, prox=0.0, lr=0.05)
    theirs = make(other, lr=0.05)
    state = ours.init(jax.random.key(0))
    weights = spread(state.params.weights)
    state = ours.update(state._replace(params=state.params._replace(weights=weights)), (), jax.random.key(0))
    base = theirs.init(jax.random.key(0))._replace(params=weights)
    base = theirs.update(base, (), jax.random.key(0))
    same(state.params.weights, base.params, atol=2e-3)


def test_fedper_keeps_classifiers_and_fedavg_does_not() -> None:
    method = make("fedper")
    params = spread(method.init(jax.random.key(0)).params)
    received = method.received(params, method.shares_of(params))
    same(received.last, params.last)
    for layer in (received.first, received.second):
        np.testing.assert_allclose(layer.w[0], layer.w[2], atol=1e-5)
    np.testing.assert_allclose(received.first.w[0], params.first.w.mean(0), atol=1e-5)
    everything = make("fedavg").received(params, make("fedavg").shares_of(params))
    np.testing.assert_allclose(everything.last.w[1], params.last.w.mean(0), atol=1e-5)


def test_weight_similarity_is_the_cosine_of_all_weights() -> None:
    method = make("weight_similarity", tau=3.0)
    params = spread(method.init(jax.random.key(0)).params)
    flat = np.stack(
        [np.concatenate([np.asarray(leaf[i]).ravel() for leaf in jax.tree.leaves(params)]) for i in range(3)]
    )
    unit = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    expected = np.exp(3 * unit @ unit.T)
    np.testing.assert_allclose(method.shares_of(params), expected / expected.sum(1, keepdims=True), rtol=1e-4)


def test_fed_pub_loss_by_hand() -> None:
    method = make("fed_pub", l1=0.1, prox=0.2)
    state = method.init(jax.random.key(0))
    mask = jax.tree.map(lambda leaf: 0.5 * leaf, state.params.mask)
    params = fed_pub.Parameters(weights=spread(state.params.weights), mask=mask)
    half = _clients.Weights(*(_clients.Layer(w=0.5 * p.w, b=p.b) for p in params.weights))
    fit = sum(
        float(
            _clients.cross_entropy(
                jax.tree.map(lambda leaf, i=i: leaf[i], half), jax.tree.map(lambda leaf, i=i: leaf[i], GIVEN)
            )
        )
        for i in range(3)
    )
    size = 0.5 * sum(part.w.size for part in params.weights)
    distance = sum(
        np.linalg.norm(np.asarray(a[i] - b[i]).ravel())
        for a, b in zip(jax.tree.leaves(params.weights), jax.tree.leaves(state.params.weights), strict=True)
        for i in range(3)
    )
    ours = float(method.loss(params, state.params.weights))
    assert ours == pytest.approx(fit + 0.1 * size + 0.2 * distance, rel=1e-4)


def test_small_entries_of_the_mask_are_cut_and_masks_are_private() -> None:
    method = make("fed_pub", l1=0.3)
    state = method.init(jax.random.key(0))
    mask = state.params.mask._replace(
        last=_clients.Layer(
            w=state.params.mask.last.w.at[0, 0, 0].set(-0.29).at[1, 0, 0].set(-0.31), b=state.params.mask.last.b
        )
    )
    used = method.pruned(state.params._replace(mask=mask))
    assert float(used.last.w[0, 0, 0]) == 0
    np.testing.assert_allclose(used.last.w[1, 0, 0], -0.31 * state.params.weights.last.w[1, 0, 0], rtol=1e-5)
    np.testing.assert_allclose(used.first.w, state.params.weights.first.w)
    quiet = make("fed_pub", lr=0.0)
    after = quiet.update(state._replace(params=state.params._replace(mask=mask)), (), jax.random.key(0))
    same(after.params.mask, mask)  # mixing leaves masks alone
    still = make("fed_pub", mask=False).update(state, (), jax.random.key(0))
    same(still.params.mask, state.params.mask)


def test_functional_embeddings_in_numpy() -> None:
    method = make("fed_pub")
    state = method.init(jax.random.key(0))
    weights = spread(state.params.weights)
    ours = method.embeddings(state._replace(params=state.params._replace(weights=weights)))
    assert state.reads.shape == (2, 40, 40)
    for i in range(3):
        one = jax.tree.map(lambda leaf, i=i: leaf[i], weights)
        each = [np.asarray(_clients.hidden(one, r, x)) for r, x in zip(state.reads, state.x, strict=True)]
        np.testing.assert_allclose(ours[i], np.concatenate(each).mean(0), atol=1e-3)


def test_label_propagation_is_its_fixed_point() -> None:
    method = make("label_propagation", alpha=0.8)
    scores = np.asarray(method.node_scores(()), float)
    edges = np.asarray(GIVEN.edges, float)
    degree = edges.sum(2)
    reads = edges / np.sqrt(np.maximum(degree[:, :, None] * degree[:, None, :], 1e-9))
    known = np.stack([(np.asarray(GIVEN.y) == c) for c in (0, 1)], -1)
    np.testing.assert_allclose(scores, 0.8 * reads @ scores + 0.2 * known, atol=1e-5)


@pytest.mark.parametrize("stem", ["fedavg", "fedper", "local_gcn", "weight_similarity", "fed_pub"])
def test_clients_learn_their_labels(stem: str) -> None:
    method = make(stem, lr=0.03)
    state = method.init(jax.random.key(0))
    update = jax.jit(lambda s: method.update(s, (), jax.random.key(0)))
    for _ in range(15):
        state = update(state)
    right = np.asarray(method.node_scores(state)).argmax(2) == np.arange(10)[None] % 2
    assert right[:, :6].mean() > 0.8
    np.testing.assert_allclose(np.asarray(method.shares(state)).sum(1), 1.0, rtol=1e-5)
