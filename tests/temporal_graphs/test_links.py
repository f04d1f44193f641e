"""Counts of neighbours, memories of pairs, and every network by hand in float64."""

from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import probes
from toybench.methods.temporal_graphs import _links, dygformer
from toybench.plugins import registry
from toybench.tasks.temporal_graphs import NOBODY, Links, LinkSpec, Queries, Rows

SPEC = LinkSpec(nodes=9, places=15, features=8)
NETWORKS = ("dygformer", "mean_history", "cooccurrence_logistic")


def asked(count: int = 6, seed: int = 0) -> Queries:
    """Random queries with histories of different lengths."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 16, (count, 2))
    there = np.arange(15)[None, None, :] < lengths[:, :, None]
    names = np.where(there, rng.integers(0, 9, (count, 2, 15)), NOBODY)
    ages = np.where(there, np.cumsum(rng.integers(1, 20, (count, 2, 15)), axis=2), 0)
    first = rng.integers(0, 9, count)
    return Queries(
        nodes=jnp.asarray(np.stack([first, (first + 1 + rng.integers(0, 8, count)) % 9], 1), jnp.int32),
        neighbours=jnp.asarray(names, jnp.int32),
        ages=jnp.asarray(ages, jnp.float32),
        met=jnp.asarray(np.where(rng.uniform(size=count) < 0.5, rng.integers(1, 300, count), np.inf), jnp.float32),
    )


def given() -> Links:
    features = np.random.default_rng(9).normal(size=(9, 8))
    pairs = jax.tree.map(lambda *xs: jnp.stack(xs, 1), *[asked(40, seed) for seed in range(5)])
    return Links(features=jnp.asarray(features, jnp.float32), pairs=pairs)


def make(name: str, steps: int = 20, **fields):
    return registry.load("methods", f"temporal_graphs/{name}")(spec=SPEC, given=given(), steps=steps, **fields)


def dense(params, x: np.ndarray) -> np.ndarray:
    bias = np.asarray(params.get("bias", 0.0), np.float64)
    return x @ np.asarray(params["kernel"], np.float64) + bias


def merged(params, ends: np.ndarray) -> np.ndarray:
    hidden = np.maximum(dense(params["Dense_0"], ends.reshape(len(ends), -1)), 0)
    return dense(params["Dense_1"], hidden)[:, 0]


def test_counts_as_a_counter_counts() -> None:
    """Own sequence first, then the other's; the node itself is a part of its sequence, padding of none."""
    queries = asked()
    nodes = np.concatenate([np.asarray(queries.nodes)[:, :, None], np.asarray(queries.neighbours)], axis=2)
    found = np.asarray(dygformer.counts(jnp.asarray(nodes)))
    for q in range(len(nodes)):
        tables = [Counter(side[side != NOBODY].tolist()) for side in nodes[q]]
        for side in range(2):
            for s, name in enumerate(nodes[q, side].tolist()):
                wanted = (0, 0) if name == NOBODY else (tables[side][name], tables[1 - side][name])
                assert tuple(found[q, side, s]) == wanted


def test_sequences_begin_with_the_node_itself() -> None:
    queries = asked()
    told = _links.sequences(given().features, queries)
    np.testing.assert_array_equal(told.nodes[:, :, 0], queries.nodes)
    np.testing.assert_allclose(told.features[:, 1, 0], given().features[queries.nodes[:, 1]])
    empty = np.asarray(told.nodes) == NOBODY
    assert empty.any()
    assert not np.asarray(told.features)[empty].any()
    assert not np.asarray(told.times)[empty].any()
    np.testing.assert_allclose(told.times[:, :, 0], 1.0)
    wanted = np.cos(np.asarray(queries.ages, np.float64)[..., None] * 10.0 ** -np.linspace(0, 3.5, 8))
    np.testing.assert_allclose(np.asarray(told.times[:, :, 1:])[~empty[:, :, 1:]], wanted[~empty[:, :, 1:]], atol=1e-4)


def normed(params, x: np.ndarray) -> np.ndarray:
    centred = x - x.mean(-1, keepdims=True)
    scale = np.asarray(params["scale"], np.float64)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-6) * scale + np.asarray(params["bias"])


def gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


@pytest.mark.parametrize("cooccurrence", [True, False])
def test_dygformer_by_hand(cooccurrence: bool) -> None:
    method = make("dygformer", cooccurrence=cooccurrence)
    params = jax.tree.map(lambda x: x + 0.03, method.init(jax.random.key(0)).params)["params"]
    queries = asked()
    told = jax.tree.map(lambda x: np.asarray(x, np.float64), _links.sequences(given().features, queries))
    channels = [told.features, told.times]
    if cooccurrence:
        counts = np.asarray(dygformer.counts(jnp.asarray(told.nodes, jnp.int32)), np.float64)
        encoder = params["MLP_0"]
        encoded = dense(encoder["Dense_1"], np.maximum(dense(encoder["Dense_0"], counts[..., None]), 0))
        channels.append(encoded.sum(3))
    tokens = []
    for c, channel in enumerate(channels):
        patches = np.stack([channel[:, :, 2 * p : 2 * p + 2].reshape(6, 2, -1) for p in range(8)], 2)
        tokens.append(dense(params[f"Dense_{c}"], patches.reshape(6, 16, -1)))
    x = np.concatenate(tokens, -1)
    assert x.shape == (6, 16, 18)
    block = params["Block_0"]
    heads = dense(block["Attention_0"]["Dense_0"], normed(block["Norm_0"], x)).reshape(6, 16, 2, 27)
    mixed = np.zeros_like(x)
    for head in range(2):
        q, k, v = np.split(heads[:, :, head], 3, -1)
        scores = np.exp(q @ k.transpose(0, 2, 1) / 3)
        mixed[..., 9 * head : 9 * head + 9] = scores / scores.sum(-1, keepdims=True) @ v
    x = x + dense(block["Attention_0"]["Dense_1"], mixed)
    x = x + dense(block["Dense_0"], gelu(dense(block["Dense_1"], normed(block["Norm_1"], x))))
    ends = np.stack([x[:, :8].mean(1), x[:, 8:].mean(1)], 1)
    wanted = merged(params["Merge_0"], dense(params[f"Dense_{len(channels)}"], ends))
    found = method.link_scores(_links.State(params={"params": params}, adam=()), queries)
    np.testing.assert_allclose(found, wanted, rtol=2e-3, atol=2e-3)


def swapped(queries: Queries) -> Queries:
    return Queries(
        nodes=queries.nodes[:, ::-1],
        neighbours=queries.neighbours[:, ::-1],
        ages=queries.ages[:, ::-1],
        met=queries.met,
    )


def test_exchanging_the_ends_exchanges_their_embeddings() -> None:
    method = make("dygformer")
    params = method.init(jax.random.key(1)).params

    def ends(queries: Queries) -> jax.Array:
        told = _links.sequences(given().features, queries)
        _, kept = method.network().apply(params, told, capture_intermediates=True)
        return kept["intermediates"]["Dense_3"]["__call__"][0]

    one = ends(asked())
    assert one.shape == (6, 2, 18)
    np.testing.assert_allclose(ends(swapped(asked())), one[:, ::-1], atol=1e-5)


@pytest.mark.parametrize(("name", "cares"), [("dygformer", True), ("dygformer[off]", False), ("mean_history", False)])
def test_who_sees_that_histories_share_a_name(name: str, cares: bool) -> None:
    """Other names with the same features and ages: a network without counts can't tell."""
    method = make("dygformer", cooccurrence=False) if "off" in name else make(name)
    state = method.init(jax.random.key(2))
    told = _links.sequences(given().features, asked())
    other = jnp.where(told.nodes == NOBODY, NOBODY, told.nodes.at[:, 1].add(50))
    scores = method.network().apply(state.params, told)
    changed = method.network().apply(state.params, told._replace(nodes=other))
    assert bool(jnp.any(jnp.abs(scores - changed) > 1e-4)) == cares


def test_mean_history_by_hand() -> None:
    method = make("mean_history")
    params = jax.tree.map(lambda x: x + 0.03, method.init(jax.random.key(3)).params)["params"]
    told = jax.tree.map(lambda x: np.asarray(x, np.float64), _links.sequences(given().features, asked()))
    ends = np.zeros((6, 2, 26))
    for q in range(6):
        for side in range(2):
            there = told.nodes[q, side, 1:] != NOBODY
            places = np.concatenate([told.features[q, side, 1:], told.times[q, side, 1:]], -1)[there]
            encoded = np.maximum(dense(params["Dense_0"], places), 0)
            mean = encoded.mean(0) if there.any() else np.zeros(36)
            ends[q, side] = np.concatenate([told.features[q, side, 0], dense(params["Dense_1"], mean)])
    wanted = merged(params["Merge_0"], np.maximum(dense(params["Dense_2"], ends), 0))
    found = method.link_scores(_links.State(params={"params": params}, adam=()), asked())
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)


def test_counts_by_hand() -> None:
    """Recurrence and shared partners, each for four horizons."""
    method = make("cooccurrence_logistic")
    params = jax.tree.map(lambda x: x + 0.03, method.init(jax.random.key(4)).params)["params"]
    queries = jax.tree.map(np.asarray, asked())
    numbers = np.zeros((6, 8))
    for q in range(6):
        for f, horizon in enumerate((10.0, 30.0, 100.0, np.inf)):
            weight = np.where(queries.neighbours[q] != NOBODY, np.exp(-queries.ages[q] / horizon), 0)
            ends = queries.nodes[q]
            direct = [weight[side][queries.neighbours[q, side] == ends[1 - side]].sum() for side in (0, 1)]
            common = sum(
                weight[0][queries.neighbours[q, 0] == name].sum() * weight[1][queries.neighbours[q, 1] == name].sum()
                for name in range(9)
            )
            numbers[q, f], numbers[q, 4 + f] = np.mean(direct), common
    wanted = dense(params["Dense_0"], np.log(0.01 + numbers))[:, 0]
    found = method.link_scores(_links.State(params={"params": params}, adam=()), asked())
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_memories_remember() -> None:
    queries = asked(200)
    met = np.asarray(queries.met)
    np.testing.assert_array_equal(make("edgebank").link_scores((), queries), np.isfinite(met))
    np.testing.assert_array_equal(make("edgebank_window", window=100.0).link_scores((), queries), met <= 100)
    assert (met <= 100).any() and (met > 100).any()


def test_average_precision_of_a_memory_by_counting() -> None:
    """Two scores: a of m positives and b of n negatives are remembered."""
    scores = jnp.array([1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    positive = jnp.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    assert float(probes.average_precision(scores, positive)) == pytest.approx(3 / 4 * 3 / 4 + 1 / 4 * 4 / 8)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_moves_meetings_up_and_others_down(name: str) -> None:
    method = make(name, lr=0.01, steps=100)
    state = method.init(jax.random.key(5))
    batch = Rows(event=jnp.arange(20, dtype=jnp.int32), other=jnp.arange(20, dtype=jnp.int32) % 4)
    step = jax.jit(method.update)

    def gap(state) -> float:
        pairs = given().pairs
        met = jax.tree.map(lambda x: x[batch.event, 0], pairs)
        others = jax.tree.map(lambda x: x[batch.event, 1 + batch.other], pairs)
        up = jax.nn.log_sigmoid(method.link_scores(state, met)).mean()
        return float(up + jax.nn.log_sigmoid(-method.link_scores(state, others)).mean())

    before = gap(state)
    for _ in range(40):
        state = step(state, batch, jax.random.key(0))
    assert gap(state) > before + 0.05


@pytest.mark.parametrize("name", NETWORKS)
def test_the_loss_is_the_likelihood(name: str) -> None:
    """Adam's first step moves every weight with a gradient by the rate, down the loss by differences."""
    method = make(name, lr=0.001)
    state = method.init(jax.random.key(6))
    batch = Rows(event=jnp.array([3, 7], jnp.int32), other=jnp.array([0, 2], jnp.int32))
    after = jax.jit(method.update)(state, batch, jax.random.key(0))

    def loss(params) -> float:
        kept = state._replace(params=params)
        met = jax.tree.map(lambda x: x[batch.event, 0], given().pairs)
        others = jax.tree.map(lambda x: x[batch.event, 1 + batch.other], given().pairs)
        up = jnp.logaddexp(0.0, -method.link_scores(kept, met)).sum()
        return float(up + jnp.logaddexp(0.0, method.link_scores(kept, others)).sum()) / 4

    assert loss(after.params) < loss(state.params)
    kernel = jax.tree.leaves(after.params)[-1] - jax.tree.leaves(state.params)[-1]
    assert float(jnp.abs(kernel).max()) == pytest.approx(0.001, rel=0.02)
