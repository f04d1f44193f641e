"""Layers against loops over edges and permutations, random graphs against their moments, known pairs of graphs."""

import itertools
from collections.abc import Callable

import flax.linen as flax_nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import graphs, nn

RNG = np.random.default_rng(0)
N = 7
EDGES = jnp.asarray(np.triu(RNG.random((N, N)) < 0.4, 1), jnp.float32)
EDGES = EDGES + EDGES.T
ONE_WAY = jnp.asarray((RNG.random((N, N)) < 0.3) & ~np.eye(N, dtype=bool), jnp.float32)
H = jnp.asarray(RNG.normal(size=(N, 3)), jnp.float32)
FEATURES = jnp.asarray(RNG.normal(size=(N, N, 2)), jnp.float32)
ORDER = RNG.permutation(N)
LAYERS = [graphs.GraphConv(4), graphs.SageConv(4), graphs.AttentionConv(4), graphs.GinConv(4)]


def cycle(*lengths: int) -> jax.Array:
    """Disjoint rings of these lengths, [1, n, n]."""
    edges = np.zeros((sum(lengths), sum(lengths)), np.float32)
    start = 0
    for length in lengths:
        for i in range(length):
            edges[start + i, start + (i + 1) % length] = 1
            edges[start + (i + 1) % length, start + i] = 1
        start += length
    return jnp.asarray(edges)[None]


def test_normalised_edges_are_their_definition() -> None:
    edges = ONE_WAY.at[2].set(0.0).at[:, 3].set(0.0)
    loops = edges + jnp.eye(N)
    expected = loops / jnp.sqrt(loops.sum(1)[:, None] * loops.sum(0)[None, :])
    np.testing.assert_allclose(graphs.symmetric_normalised(edges), expected, rtol=1e-6)
    bare = graphs.symmetric_normalised(edges, loops=False)
    np.testing.assert_array_equal(bare[2], 0.0)
    rows = graphs.row_normalised(edges)
    np.testing.assert_allclose(rows.sum(1), (edges.sum(1) > 0).astype(jnp.float32), rtol=1e-6)
    np.testing.assert_allclose(rows[0] * edges[0].sum(), edges[0], rtol=1e-6)
    np.testing.assert_array_equal(graphs.symmetrised(ONE_WAY), jnp.maximum(ONE_WAY, ONE_WAY.T))


def test_the_top_eigenvalue_of_a_normalised_graph_is_one() -> None:
    ring = cycle(6)[0]
    values = jnp.linalg.eigvalsh(graphs.symmetric_normalised(ring))
    np.testing.assert_allclose(values.max(), 1.0, rtol=1e-5)


@pytest.mark.parametrize("directed", [False, True])
def test_a_block_model_has_its_degree_and_its_rates(directed: bool) -> None:
    labels = jnp.arange(120) % 3
    shares = jnp.asarray([1 / 3, 1 / 3, 1 / 3])
    pattern = jnp.asarray([[4.0, 1.0, 0.5], [1.0, 2.0, 1.0], [0.5, 1.0, 1.0]])
    pattern = jnp.where(directed, pattern.at[0, 1].set(3.0), pattern)
    rates = graphs.block_rates(pattern, shares, 8.0, 120)
    keys = jax.random.split(jax.random.key(0), 200)
    drawn = jax.vmap(lambda key: graphs.block_model(key, labels, rates, directed=directed))(keys)
    np.testing.assert_allclose(drawn.sum(-1).mean(), 8.0, rtol=0.01)
    np.testing.assert_array_equal(jnp.diagonal(drawn, axis1=1, axis2=2), 0.0)
    mean = drawn.mean(0)
    np.testing.assert_allclose(mean[labels == 0][:, labels == 1].mean(), rates[0, 1], rtol=0.02)
    assert bool((drawn == jnp.swapaxes(drawn, 1, 2)).all()) is not directed


def test_factors_make_hubs() -> None:
    labels = jnp.zeros(60, jnp.int32)
    factors = jnp.where(jnp.arange(60) < 10, 2.0, 0.8)
    keys = jax.random.split(jax.random.key(1), 200)
    rates = jnp.full((1, 1), 0.1)
    degrees = jax.vmap(lambda key: graphs.block_model(key, labels, rates, factors).sum(1))(keys).mean(0)
    np.testing.assert_allclose(degrees[:10].mean() / degrees[10:].mean(), 2.5, rtol=0.05)


def test_known_nodes_are_equally_many_and_any_of_a_class() -> None:
    labels = jnp.asarray([0] * 10 + [1] * 20 + [2] * 2)
    keys = jax.random.split(jax.random.key(2), 400)
    known = jax.vmap(lambda key: graphs.known_nodes(key, labels, 3))(keys)
    for label, each in ((0, 3), (1, 3), (2, 2)):
        np.testing.assert_array_equal(known[:, labels == label].sum(1), each)
    np.testing.assert_allclose(known.mean(0)[:10], 0.3, atol=0.1)


def posterior(edges: np.ndarray, evidence: np.ndarray, rates: np.ndarray, directed: bool) -> np.ndarray:
    """Marginals [n, c] by enumeration of all labellings."""
    count, classes = evidence.shape
    total = np.zeros((count, classes))
    for labels in itertools.product(range(classes), repeat=count):
        log = sum(evidence[i, label] for i, label in enumerate(labels))
        for i, j in itertools.permutations(range(count), 2):
            if directed or i < j:
                p = rates[labels[i], labels[j]]
                log += np.log(p if edges[i, j] else 1 - p)
        for i, label in enumerate(labels):
            total[i, label] += np.exp(log)
    return total / total.sum(1, keepdims=True)


@pytest.mark.parametrize("directed", [False, True])
def test_belief_propagation_is_near_enumeration(directed: bool) -> None:
    rates = np.asarray([[0.5, 0.1], [0.2 if directed else 0.1, 0.4]])
    for count, tolerance in ((2, 1e-5), (6, 0.06)):
        drawn = RNG.random((count, count)) < 0.3
        edges = np.where(np.eye(count), 0.0, drawn) if directed else np.triu(drawn, 1) + np.triu(drawn, 1).T
        evidence = RNG.normal(size=(count, 2)).astype(np.float32)
        found = graphs.block_marginals(
            jnp.asarray(edges, jnp.float32),
            jnp.asarray(evidence),
            jnp.asarray(rates, jnp.float32),
            40,
            directed=directed,
        )
        np.testing.assert_allclose(found, posterior(edges, evidence, rates, directed), atol=tolerance)
        alone = jax.nn.softmax(jnp.asarray(evidence), axis=1)
        assert np.abs(found - alone).max() > 0.02  # the graph has a say


def test_colours_refine_as_they_should() -> None:
    same = jnp.zeros(6, jnp.uint32)
    ring = graphs.colours(cycle(6), same, 3)
    triangles = graphs.colours(cycle(3, 3), same, 3)
    np.testing.assert_array_equal(ring, triangles)  # the classical pair that colour refinement can't tell apart
    path = cycle(6).at[0, 0, 5].set(0.0).at[0, 5, 0].set(0.0)
    numbers = [len(np.unique(row)) for row in np.asarray(graphs.colours(path, same, 3))]
    assert numbers == [1, 2, 3, 3]


def test_colours_follow_relabelling_and_tell_kinds_apart() -> None:
    edges = jnp.stack([EDGES, ONE_WAY])
    labels = jnp.asarray(RNG.integers(0, 3, N), jnp.uint32)
    once = graphs.colours(edges, labels, 3)
    moved = graphs.colours(edges[:, ORDER][:, :, ORDER], labels[ORDER], 3)
    np.testing.assert_array_equal(once[:, ORDER], moved)
    swapped = graphs.colours(edges[::-1], labels, 1)
    assert (np.asarray(once[1]) != np.asarray(swapped[1])).any()
    mask = jnp.asarray([1.0] * 5 + [0.0] * 2)
    counts = graphs.colour_counts(once[1], mask, 16)
    assert float(counts.sum()) == 5.0
    np.testing.assert_array_equal(counts, np.bincount(np.asarray(once[1][:5]) % 16, minlength=16))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_layers_are_equivariant(layer: flax_nn.Module) -> None:
    params = nn.init(layer, jax.random.key(3), EDGES, H)
    out = layer.apply(params, EDGES, H)
    moved = layer.apply(params, EDGES[ORDER][:, ORDER], H[ORDER])
    assert out.shape == (N, 4)
    np.testing.assert_allclose(moved, out[ORDER], atol=1e-5)
    batched = layer.apply(params, jnp.stack([EDGES, ONE_WAY]), jnp.stack([H, H]))
    np.testing.assert_allclose(batched[0], out, atol=1e-5)


def test_attention_is_a_loop_over_neighbours() -> None:
    layer = graphs.AttentionConv(4)
    weights = nn.init(layer, jax.random.key(4), ONE_WAY, H)
    params = weights["params"]
    values = np.asarray(H @ params["Dense_0"]["kernel"])
    for i in range(N):
        near = [j for j in range(N) if ONE_WAY[i, j] or i == j]
        raw = [values[i] @ params["Dense_1"]["kernel"] + values[j] @ params["Dense_2"]["kernel"] for j in near]
        scores = np.asarray([float(s[0]) if s[0] > 0 else 0.2 * float(s[0]) for s in raw])
        share = np.exp(scores) / np.exp(scores).sum()
        expected = sum(w * values[j] for w, j in zip(share, near, strict=True))
        np.testing.assert_allclose(layer.apply(weights, ONE_WAY, H)[i], expected, atol=1e-5)


def test_messages_are_a_loop_over_edges() -> None:
    layer = graphs.EdgeConv(4)
    weights = nn.init(layer, jax.random.key(5), ONE_WAY, H, FEATURES)
    kernels = [np.asarray(weights["params"][f"Dense_{k}"]["kernel"]) for k in range(4)]
    out = layer.apply(weights, ONE_WAY, H, FEATURES)
    for i in range(N):
        heard = np.zeros(4)
        for j in range(N):
            message = H[i] @ kernels[0] + H[j] @ kernels[1] + FEATURES[i, j] @ kernels[2]
            heard += float(ONE_WAY[i, j]) * np.maximum(np.asarray(message), 0)
        np.testing.assert_allclose(out[i], np.concatenate([H[i], heard]) @ kernels[3], atol=1e-4)
    moved = layer.apply(weights, ONE_WAY[ORDER][:, ORDER], H[ORDER], FEATURES[ORDER][:, ORDER])
    np.testing.assert_allclose(moved, out[ORDER], atol=1e-5)


@pytest.mark.parametrize(("how", "reference"), [("mean", np.mean), ("sum", np.sum), ("max", np.max)])
def test_read_outs_skip_padding(how: str, reference: Callable[..., np.ndarray]) -> None:
    mask = jnp.asarray([1.0] * 4 + [0.0] * 3)
    np.testing.assert_allclose(graphs.read_out(H, mask, how), reference(np.asarray(H[:4]), axis=0), rtol=1e-5)


def test_an_unknown_read_out_is_named() -> None:
    with pytest.raises(ValueError, match="'median'"):
        graphs.read_out(H, jnp.ones(N), "median")
