"""Motifs against the authors' code, networks against loops in numpy, and what embeddings do not depend on."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.architecture_retrieval._network import contrast, family_loss
from toybench.methods.architecture_retrieval.motif_macro import (
    MOTIFS,
    membership,
    motif_numbers,
    node_types,
    pair_counts,
)
from toybench.plugins import registry
from toybench.tasks.architecture_retrieval.architecture_families import ArchitectureFamilies

KEY = jax.random.key(6)
TASK = ArchitectureFamilies(families=3, known=4, asked=2, nodes=24, blocks=5, width=5, operators=4, batch=6)
WORLD = TASK.sample(KEY)
GRAPHS = WORLD.queries.graphs
BATCH = TASK.draw(WORLD, KEY, None)[1]
METHODS = tuple(m.split("/")[1] for m in registry.methods("architecture_retrieval"))

# Types of nodes, and how many nodes each motif has by `find_repeat_subseqs` of github.com/TerryPei/NNRetrieval.
AUTHORS = (
    ([1, 2, 2, 0, 0, 2, 2, 0, 0, 2, 1, 0, 2], [10, 1, 2]),
    ([1, 1, 1, 0, 0, 2, 2, 2, 1, 2, 0], [11]),
    ([2, 0, 0, 0, 1, 2, 0, 1, 1, 2, 0, 1, 0], [8, 4, 1]),
    ([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 4, 0, 1, 2, 2], [13, 1, 3, 1]),
    ([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 1, 3, 5, 1, 4, 0], [12, 6]),
    ([0, 1, 1, 2, 0, 1, 1, 2, 0, 1, 1, 2, 0, 1, 1, 2, 3, 4, 5], [16, 3]),
    ([5, 5, 5, 5, 5, 5, 5], [7]),
)


def make(stem, **fields):
    """A method, its state with noise in all parameters, and the parameters in numpy."""
    method = registry.load("methods", f"architecture_retrieval/{stem}")(spec=TASK.spec, steps=10, **fields)
    state = method.init(KEY)
    if not hasattr(state, "params"):
        return method, state, None
    leaves, tree = jax.tree.flatten(state.params)
    keys = jax.random.split(jax.random.key(5), len(leaves))
    noisy = [leaf + 0.3 * jax.random.normal(k, leaf.shape) for leaf, k in zip(leaves, keys, strict=True)]
    state = state._replace(params=jax.tree.unflatten(tree, noisy))
    return method, state, jax.tree.map(lambda x: np.array(x, np.float64), state.params)["params"]


@pytest.mark.parametrize(("types", "lengths"), AUTHORS)
def test_motifs_are_the_authors(types, lengths):
    padded = jnp.array([*types, *[9] * (24 - len(types))], jnp.uint32)
    numbers = np.array(motif_numbers(padded, jnp.array(len(types))))[: len(types)]
    np.testing.assert_array_equal(numbers, np.repeat(np.arange(len(lengths)), lengths))


def test_pairs_are_counted_among_the_nodes_that_exist():
    types = jnp.array([1, 2, 1, 2, 1, 7, 7, 7], jnp.uint32)
    np.testing.assert_array_equal(pair_counts(types, jnp.array(5)), [2, 2, 2, 2, 0, 0, 0])
    np.testing.assert_array_equal(pair_counts(types, jnp.array(8)), [2, 2, 2, 2, 1, 2, 2])


def test_types_are_sets_of_offsets():
    edges = np.zeros((7, 7))
    for node, told in ((1, [0]), (2, [1]), (3, [1, 2]), (4, [2, 3]), (5, [2, 3]), (6, [5])):
        edges[node, told] = 1
    types = np.array(node_types(jnp.asarray(edges)))
    assert types[1] == types[2] == types[6]
    assert types[3] == types[4]
    assert len(set(types)) == 4


def test_every_node_is_in_one_motif_and_motifs_are_runs():
    members = np.array(membership(GRAPHS, "frequency"))
    np.testing.assert_array_equal(members.sum(1), GRAPHS.mask)
    numbers = members.argmax(1)
    for row, mask in zip(numbers, np.array(GRAPHS.mask), strict=True):
        steps = np.diff(row[mask > 0])
        assert set(steps) <= {0, 1}
    assert (members.sum(2) > 0).sum(1).max() > 2


def relu(x):
    return np.maximum(x, 0)


def elu(x):
    return np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)


def dense(p, x):
    return x @ p["kernel"] + p["bias"]


def stack(p, edges, x):
    h = x
    found = []
    for layer in range(2):
        told = p[f"MLP_{layer}"]
        both = np.concatenate([h, edges @ h, edges.T @ h], -1)
        h = elu(dense(told["Dense_1"], relu(dense(told["Dense_0"], both))))
        found.append(h)
    return np.concatenate(found, -1)


def test_the_flat_network_against_a_loop():
    method, state, p = make("gin_contrastive")
    got = method.embed_graphs(state, GRAPHS)
    for b in range(len(got)):
        there = np.array(GRAPHS.mask[b]) > 0
        edges = np.array(GRAPHS.edges[b], np.float64)[there][:, there]
        h = stack(p["Stack_0"], edges, np.array(GRAPHS.x[b], np.float64)[there])
        np.testing.assert_allclose(got[b], h.mean(0), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("joint", ["linear", "product"])
def test_the_two_levels_against_a_loop(joint):
    method, state, p = make("motif_macro", joint=joint)
    got, scores, loss = method.network.apply(state.params, *GRAPHS)
    members = np.array(membership(GRAPHS, "frequency"))
    losses = []
    for b in range(len(got)):
        there = np.array(GRAPHS.mask[b]) > 0
        edges = np.array(GRAPHS.edges[b], np.float64)[there][:, there]
        x = np.array(GRAPHS.x[b], np.float64)[there]
        rows = [np.flatnonzero(row[there]) for row in members[b] if row.any()]
        inside = p["Motifs_0"]
        vectors = np.stack([stack(inside["Stack_0"], edges[r][:, r], x[r]).mean(0) for r in rows])
        context = stack(inside["Stack_1"], edges, x)
        both = np.maximum(edges, edges.T)
        around = [sorted({*r, *np.flatnonzero(both[r].sum(0))}) for r in rows]
        contexts = np.stack([context[near].mean(0) for near in around])
        links = np.array([[float(edges[r][:, s].any()) for s in rows] for r in rows]) * (1 - np.eye(len(rows)))
        embedded = stack(p["Stack_0"], links, vectors).mean(0)
        np.testing.assert_allclose(got[b], embedded, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(scores[b], dense(p["Dense_0"], embedded), rtol=1e-3, atol=1e-4)
        for m, vector in enumerate(vectors):
            other = contexts[(m + len(rows) // 2) % len(rows)]
            pairs = [vector * c if joint == "product" else np.concatenate([vector, c]) for c in (contexts[m], other)]
            own, moved = (float(dense(inside["Dense_0"], pair)[0]) for pair in pairs)
            losses.append(np.log1p(np.exp(-own)) + np.log1p(np.exp(moved)))
    np.testing.assert_allclose(loss, np.mean(losses), rtol=1e-3)


def test_the_released_discriminator_is_best_where_it_is_indifferent():
    method, state, _ = make("motif_macro")

    def contexts(scale):
        params = jax.tree.map(lambda leaf: leaf, state.params)
        judge = params["params"]["Motifs_0"]["Dense_0"]
        params["params"]["Motifs_0"]["Dense_0"] = jax.tree.map(lambda leaf: scale * leaf, judge)
        return method.network.apply(params, *GRAPHS)[2]

    np.testing.assert_allclose(contexts(jnp.zeros(())), 2 * np.log(2), rtol=1e-5)
    assert contexts(jnp.full((), 0.3)) > 2 * np.log(2)
    assert contexts(jnp.full((), -0.3)) > 2 * np.log(2)


def test_contrast_against_a_loop():
    embedded = np.random.default_rng(2).normal(size=(6, 3))
    family = np.array([0, 1, 0, 2, 1, 0])
    unit = embedded / np.linalg.norm(embedded, axis=1, keepdims=True)
    losses = []
    for i in range(6):
        others = [j for j in range(6) if j != i]
        total = sum(np.exp(unit[i] @ unit[j] / 0.4) for j in others)
        kin = [-np.log(np.exp(unit[i] @ unit[j] / 0.4) / total) for j in others if family[i] == family[j]]
        losses.append(np.mean(kin) if kin else 0.0)
    got = contrast(jnp.asarray(embedded, jnp.float32), jnp.asarray(family), 0.4)
    np.testing.assert_allclose(got, np.mean(losses), rtol=1e-5)
    scores = np.random.default_rng(3).normal(size=(6, 3))
    right = [scores[i, family[i]] - np.log(np.exp(scores[i]).sum()) for i in range(6)]
    both = family_loss(jnp.asarray(embedded, jnp.float32), jnp.asarray(scores, jnp.float32), jnp.asarray(family), 0.4)
    np.testing.assert_allclose(both, got - np.mean(right), rtol=1e-5)


def test_contrast_is_least_where_families_are_apart():
    family = jnp.array([0, 0, 1, 1])
    apart = jnp.array([[1.0, 0], [2, 0], [-1, 0], [-3, 0]])
    mixed = apart[jnp.array([0, 2, 1, 3])]
    np.testing.assert_allclose(contrast(apart, family, 0.1), 0, atol=1e-6)
    assert contrast(mixed, family, 0.1) > 5


def test_motifs_of_one_length_are_runs_of_five():
    members = np.array(membership(GRAPHS, "length"))
    np.testing.assert_array_equal(members.sum(1), GRAPHS.mask)
    for row in members:
        sizes = row.sum(1)
        assert set(sizes[: int(row.sum()) // 5]) == {5}
        assert (row[0] > 0).nonzero()[0].max() == 4


def test_a_network_that_is_not_trained_keeps_its_weights():
    for trained in (True, False):
        method, state, _ = make("gin_contrastive", trained=trained)
        later = method.update(state, BATCH, KEY)
        same = [bool((a == b).all()) for a, b in zip(*map(jax.tree.leaves, (state, later)), strict=True)]
        assert all(same) is not trained


def test_both_directions_are_told_apart():
    method, state, _ = make("gin_contrastive")
    turned = GRAPHS._replace(edges=jnp.swapaxes(GRAPHS.edges, 1, 2))
    assert jnp.abs(method.embed_graphs(state, GRAPHS) - method.embed_graphs(state, turned)).max() > 0.01


def test_colours_of_the_wiring_are_shares_of_nodes():
    method, state, _ = make("wl_kernel", rounds=3)
    embedded = np.array(method.embed_graphs(state, GRAPHS)).reshape(6, 4, -1)
    np.testing.assert_allclose(np.square(embedded).sum(-1), 1, rtol=1e-5)
    assert (embedded[:, 0] > 0).sum() == 6  # one colour at first
    edges = np.array(GRAPHS.edges)
    for b in range(6):
        there = np.array(GRAPHS.mask[b]) > 0
        degrees = {(edges[b, i].sum(), edges[b, :, i].sum()) for i in np.flatnonzero(there)}
        assert (embedded[b, 1] > 0).sum() == len(degrees)
    coloured = make("wl_kernel", rounds=3, operators=True)[0]
    assert (np.array(coloured.embed_graphs(state, GRAPHS)).reshape(6, 4, -1)[:, 0] > 0).sum() > 6


def test_the_histogram_is_of_operators():
    method, state, _ = make("operator_histogram")
    x = np.array(GRAPHS.x)
    counts = np.array(GRAPHS.mask).sum(1, keepdims=True)
    np.testing.assert_allclose(method.embed_graphs(state, GRAPHS), x.sum(1) / counts, rtol=1e-5)


@pytest.mark.parametrize("stem", METHODS)
def test_padding_does_not_matter(stem):
    method, state, _ = make(stem)
    wide = GRAPHS._replace(
        edges=jnp.pad(GRAPHS.edges, ((0, 0), (0, 5), (0, 5))),
        x=jnp.pad(GRAPHS.x, ((0, 0), (0, 5), (0, 0))),
        mask=jnp.pad(GRAPHS.mask, ((0, 0), (0, 5))),
    )
    near = method.embed_graphs(state, GRAPHS)
    np.testing.assert_allclose(method.embed_graphs(state, wide), near, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("stem", ["gin_contrastive", "motif_macro"])
def test_training_lowers_the_loss(stem):
    method, state, _ = make(stem, lr=0.02)

    def loss(state):
        answers = method.network.apply(state.params, *BATCH.graphs)
        return family_loss(answers[0], answers[1], BATCH.family, 0.3)

    later = jax.lax.fori_loop(0, 20, lambda _, s: method.update(s, BATCH, KEY), state)
    assert loss(later) < loss(state) - 0.2


def test_the_last_motif_takes_the_rest():
    worlds = jax.vmap(ArchitectureFamilies().sample)(jax.random.split(KEY, 2))
    graphs = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), worlds.database.graphs)
    counts = graphs.mask.sum(-1).astype(jnp.int32)
    numbers = np.array(jax.vmap(motif_numbers)(jax.vmap(node_types)(graphs.edges), counts))
    assert (numbers * np.array(graphs.mask)).max() >= MOTIFS
    members = np.array(membership(graphs, "frequency"))
    assert members.shape[1] == MOTIFS
    there = np.array(graphs.mask) > 0
    np.testing.assert_array_equal(members.argmax(1)[there], np.minimum(numbers, MOTIFS - 1)[there])
