"""The methods: layers by numpy, kernels by counting, sequences by hand, and what each of them can tell apart."""

from collections import Counter
from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.graph_classification import _kernel, _network, gru_sequence, pathnn_sp_plus, rfp_gin
from toybench.plugins import registry
from toybench.tasks.graph_classification import Batch, Graphs, Labelled, Spec, _pairs, linked, relabelled

NETWORKS = ("gin", "gcn", "gine", "rgcn", "rgcn_multitask", "gru_sequence", "pathnn_sp_plus", "pathnn_ap")
KERNELS = ("wl_kernel", "shortest_path_kernel", "label_histogram")
SPEC = Spec(
    nodes=7,
    features=3,
    relations=2,
    degree=4,
    classes=4,
    coarse=2,
    train=16,
    known=16,
    batch=8,
    width=5,
    reach=3,
    pooling="mean_max",
)
TREE = ((0, 1, 0), (0, 4, 1), (1, 2, 1), (1, 3, 0), (4, 5, 1))  # two nodes and their bond; node 6 is absent


def tree(seed: int, spec: Spec = SPEC) -> Graphs:
    """The tree with random types."""
    first, second, kind = np.array(TREE).T
    types = np.random.default_rng(seed).integers(0, 3, 7)
    mask = jnp.array([1.0] * 6 + [0.0])
    edges = linked(jnp.asarray(first), jnp.asarray(second), jnp.asarray(kind), jnp.ones(5), spec)
    return Graphs(edges=edges, x=jax.nn.one_hot(types, 3) * mask[:, None], mask=mask)


@cache
def given(count: int = 16) -> Labelled:
    graphs = jax.tree.map(lambda *a: jnp.stack(a), *[tree(i) for i in range(count)])
    y = jnp.arange(count) % 4
    return Labelled(graphs=graphs, y=y, coarse=y // 2, options=jnp.ones((count, 4)))


def make(name: str, spec: Spec = SPEC, **values):
    return registry.load("methods", f"graph_classification/{name}")(spec=spec, steps=30, given=given(), **values)


def shaken(params, seed: int = 0):
    draws = np.random.default_rng(seed)
    return jax.tree.map(lambda p: jnp.asarray(0.6 * draws.normal(size=p.shape), jnp.float32), params)


def encoded(name: str) -> tuple[np.ndarray, dict]:
    """Vectors of the given graphs under random parameters, and these."""
    method = make(name)
    params = shaken(method.init(jax.random.key(0)).params)
    own = jax.tree.map(np.asarray, params["encoder"]["params"])
    return np.asarray(method.encode(params, given().graphs)), own


def relu(x):
    return np.maximum(x, 0)


def dense(layer, x):
    return x @ layer["kernel"] + layer.get("bias", 0.0)


def pooled(layers: list[np.ndarray]) -> np.ndarray:
    """Mean and maximum over the six nodes that exist."""
    h = np.concatenate(layers, -1)[:6]
    return np.concatenate([h.mean(0), h.max(0)])


def arrays(i: int) -> tuple[np.ndarray, np.ndarray]:
    graph = jax.tree.map(lambda a: np.asarray(a[i]), given().graphs)
    return graph.edges, graph.x


def gin_by_hand(own, edges, x):
    h = x
    layers = []
    for k in range(3):
        layer = own[f"GinConv_{k}"]["MLP_0"]
        h = relu(dense(layer["Dense_1"], relu(dense(layer["Dense_0"], h + edges.sum(0) @ h))))
        layers.append(h)
    return pooled(layers)


def gcn_by_hand(own, edges, x):
    whole = edges.sum(0) + np.eye(7)
    scale = np.diag(whole.sum(1) ** -0.5)
    h = x
    layers = []
    for k in range(3):
        h = relu(dense(own[f"GraphConv_{k}"]["Dense_0"], scale @ whole @ scale @ h))
        layers.append(h)
    return pooled(layers)


def gine_by_hand(own, edges, x):
    h = dense(own["Dense_0"], x)
    layers = []
    for k in range(3):
        told = np.zeros_like(h)
        for r, i, j in zip(*np.nonzero(edges), strict=True):
            told[i] += relu(h[j] + own[f"Dense_{k + 1}"]["kernel"][r] + own[f"Dense_{k + 1}"]["bias"])
        layer = own[f"MLP_{k}"]
        h = relu(dense(layer["Dense_1"], relu(dense(layer["Dense_0"], h + told))))
        layers.append(h)
    return pooled(layers)


def rgcn_by_hand(own, edges, x):
    h = x
    layers = []
    for k in range(3):
        after = dense(own[f"Dense_{2 * k}"], h)
        weights = own[f"Dense_{2 * k + 1}"]["kernel"].reshape(2, h.shape[1], 5)
        for r in range(2):
            for i in range(7):
                near = np.flatnonzero(edges[r, i])
                if len(near):
                    after[i] += h[near].mean(0) @ weights[r]
        h = relu(after)
        layers.append(h)
    return pooled(layers)


LAYERS = {
    "gin": gin_by_hand,
    "gcn": gcn_by_hand,
    "gine": gine_by_hand,
    "rgcn": rgcn_by_hand,
    "rgcn_multitask": rgcn_by_hand,
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_by_numpy(name: str) -> None:
    found, own = encoded(name)
    expected = [LAYERS[name](own, *arrays(i)) for i in range(4)]
    np.testing.assert_allclose(found[:4], expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", [n for n in NETWORKS if n != "gru_sequence"])
def test_numbering_doesnt_matter(name: str) -> None:
    method = make(name)
    params = shaken(method.init(jax.random.key(0)).params)
    state = _network.State(params=params, adam=())
    order = jnp.argsort(jax.random.uniform(jax.random.key(2), (16, 7)), axis=1)
    one = method.predict(state, given().graphs)
    other = method.predict(state, relabelled(given().graphs, order))
    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
    assert float(jnp.abs(one - one[:1]).max()) > 1e-2  # it does tell trees apart


def test_on_trees_all_simple_paths_are_shortest() -> None:
    """The two variants differ by distance codes alone; without their weights they are one."""
    plus = make("pathnn_sp_plus")
    every = make("pathnn_ap")
    params = shaken(every.init(jax.random.key(0)).params)
    cell = params["encoder"]["params"]["PathLSTM_0"]
    cell["coded"]["kernel"] = jnp.zeros_like(cell["coded"]["kernel"])
    bare = {"encoder": {"params": dict(params["encoder"]["params"])}, "head": params["head"]}
    bare["encoder"]["params"]["PathLSTM_0"] = {k: cell[k] for k in ("seen", "held")}
    one = plus.encode(bare, given().graphs)
    other = every.encode(params, given().graphs)
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_only_shortest_paths_are_kept() -> None:
    graphs = _pairs.plain("sparse")
    cycle = jax.tree.map(lambda a: a[2:3], graphs)  # six nodes in a circle
    hops = pathnn_sp_plus.hop_distances(cycle.edges.sum(1), 4)
    lengths = jax.vmap(lambda e: pathnn_sp_plus.simple_paths(e, 4, 4))(cycle.edges.sum(1))
    counts = [float(pathnn_sp_plus.shortest(paths, hops).valid.sum()) for paths in lengths]
    assert counts == [12.0, 12.0, 12.0, 0.0]
    assert [float(paths.valid.sum()) for paths in lengths] == [12.0] * 4


@pytest.mark.parametrize(("name", "sparse", "regular"), [
    ("colour_refinement", 0.0, 0.0), ("folklore_2wl", 1.0, 0.0), ("gin", 0.0, 0.0),
    ("pathnn_sp_plus", 1.0, 0.0), ("pathnn_ap", 1.0, 1.0),
])  # fmt: skip
def test_what_untrained_learners_tell_apart(name: str, sparse: float, regular: float) -> None:
    for pairs, expected in (("sparse", sparse), ("strongly_regular", regular)):
        task = registry.load("tasks", "graph_classification/wl_hard_pairs")(pairs=pairs)
        method = registry.load("methods", f"graph_classification/{name}")(spec=task.spec)

        @jax.jit
        def run(key, task=task, method=method):
            world = task.sample(key)
            state = method.init(key)
            return jax.lax.map(lambda graphs: method.read_out(state, graphs), world.graphs)

        found = run(jax.random.key(4))
        evaluate = registry.load("tasks", "graph_classification/wl_hard_pairs")(pairs=pairs).evaluate
        learner = type("Learner", (), {"read_out": staticmethod(lambda g: g)})
        world = type("World", (), {"graphs": found})
        assert float(evaluate(world, jax.random.key(0), learner)["separated"]) == expected


def refined(edges: np.ndarray, x: np.ndarray, rounds: int) -> Counter:
    """Colours as nested tuples, counted over the rounds."""
    colour: list = [int(t) for t in x.argmax(1)]
    seen = Counter((0, c) for c in colour[:6])
    for k in range(1, rounds + 1):
        colour = [
            (
                colour[i],
                tuple(sorted(((int(r), repr(colour[j])) for r, j in zip(*np.nonzero(edges[:, i]), strict=True)))),
            )
            for i in range(7)
        ]
        seen.update((k, c) for c in colour[:6])
    return seen


@pytest.mark.parametrize("rounds", [1, 3])
def test_the_wl_kernel_by_nested_tuples(rounds: int) -> None:
    method = make("wl_kernel", rounds=rounds)
    described = method.describe(given().graphs)
    found = method.kernel(described, described)
    counts = [refined(*arrays(i), rounds) for i in range(16)]
    plain = np.array([[sum(a[c] * b[c] for c in a) for b in counts] for a in counts], float)
    scale = np.sqrt(np.diagonal(plain))
    np.testing.assert_allclose(found, plain / scale[:, None] / scale[None, :], rtol=1e-5)


def test_the_shortest_path_kernel_by_search() -> None:
    method = make("shortest_path_kernel")
    features = []
    for i in range(16):
        edges, x = arrays(i)
        hops = np.full((7, 7), 99)
        for k in range(6, -1, -1):
            hops[np.linalg.matrix_power(edges.sum(0), k) > 0] = k
            if k:
                walks = np.linalg.matrix_power(edges.sum(0) + np.eye(7), k) > 0
                hops[walks] = k
        np.fill_diagonal(hops, 0)
        types = x.argmax(1)
        features.append(Counter((types[a], types[b], hops[a, b]) for a in range(6) for b in range(6) if a != b))
    plain = np.array([[sum(a[c] * b[c] for c in a) for b in features] for a in features], float)
    scale = np.sqrt(np.diagonal(plain))
    described = method.describe(given().graphs)
    np.testing.assert_allclose(method.kernel(described, described), plain / np.outer(scale, scale), rtol=1e-4)


def test_the_histogram_kernel_by_hand() -> None:
    method = make("label_histogram")
    counts = np.asarray(given().graphs.x).sum(1)
    scale = np.linalg.norm(counts, axis=1)
    described = method.describe(given().graphs)
    np.testing.assert_allclose(
        method.kernel(described, described), counts @ counts.T / np.outer(scale, scale), rtol=1e-5
    )


def test_kernel_ridge_by_numpy_and_its_folds() -> None:
    draws = np.random.default_rng(0)
    signal = draws.normal(size=(40, 3))
    y = np.eye(4)[np.arange(40) % 4] - 0.25
    signal[:, 0] += 3 * (np.arange(40) % 2)
    gram = signal @ signal.T
    found = _kernel.solve(jnp.asarray(gram, jnp.float32), jnp.asarray(y, jnp.float32), jnp.asarray(0.5))
    np.testing.assert_allclose(found, np.linalg.solve(gram + 0.5 * np.eye(40), y), rtol=1e-3, atol=1e-3)
    right = []
    for penalty in _kernel.PENALTIES:
        hits = 0
        for fold in range(4):
            out = np.arange(40) * 4 // 40 == fold
            weights = np.linalg.solve(gram[~out][:, ~out] + penalty * np.eye((~out).sum()), y[~out])
            hits += ((gram[out][:, ~out] @ weights).argmax(1) == y[out].argmax(1)).sum()
        right.append(hits)
    best = max(p for p, hits in zip(_kernel.PENALTIES, right, strict=True) if hits == max(right))
    chosen = _kernel.solve_by_folds(jnp.asarray(gram, jnp.float32), jnp.asarray(y, jnp.float32))
    expected = np.linalg.solve(gram + best * np.eye(40), y)
    np.testing.assert_allclose(chosen, expected, rtol=1e-2, atol=1e-3)


def test_the_sequence_of_a_tree_by_hand() -> None:
    found = np.asarray(gru_sequence.tokens(tree(0)))
    types = np.asarray(tree(0).x)
    assert found.shape == (13, 2 + 3 + 2)

    def enter(node: int, bond: int | None) -> np.ndarray:
        return np.concatenate([np.zeros(2) if bond is None else np.eye(2)[bond], types[node], [0, 1]])

    up = np.array([0, 0, 0, 0, 0, 1, 1])
    expected = [enter(0, None), enter(1, 0), enter(2, 1), up, enter(3, 0), up, up, enter(4, 1), enter(5, 1), up, up]
    np.testing.assert_array_equal(found[:11], expected)
    assert not found[11:].any()


def test_random_features_are_propagated_and_of_one_size() -> None:
    graphs = jax.tree.map(lambda a: a[:2], given().graphs)
    noise = jax.random.normal(jax.random.key(0), (2, 7, 4))
    found = np.asarray(rfp_gin.propagated(graphs, noise, 2)).reshape(2, 7, 3, 4)
    np.testing.assert_allclose((found**2).sum(1), 6.0, rtol=1e-4)
    assert not found[:, 6].any()
    whole = np.asarray(graphs.edges[0]).sum(0) + np.eye(7)
    reads = whole / np.sqrt(np.outer(whole.sum(1), whole.sum(1)))
    after = reads @ found[0, :, 1]
    np.testing.assert_allclose(found[0, :, 2], after * np.sqrt(6 / (after**2).sum(0)), rtol=1e-3, atol=1e-4)


def test_random_features_tell_apart_what_sums_cannot_but_differ_by_draw() -> None:
    method = make("rfp_gin")
    state = method.init(jax.random.key(0))
    scores = [method.scores(state.params, given().graphs, jax.random.key(k)) for k in (1, 2)]
    assert float(jnp.abs(scores[0] - scores[1]).max()) > 1e-3
    np.testing.assert_array_equal(method.predict(state, given().graphs), method.predict(state, given().graphs))


def test_cross_entropy_counts_known_labels_and_options_alone() -> None:
    scores = jnp.array([[1.0, 2.0, 0.5], [0.0, 3.0, 1.0], [5.0, 0.0, 0.0]])
    options = jnp.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    expected = -(1 - np.log(np.e + np.e**2) + 1 - np.log(1 + np.e**3 + np.e)) / 2
    found = _network.cross_entropy(scores, jnp.array([0, 2, -1]), options)
    assert float(found) == pytest.approx(expected, rel=1e-5)
    assert float(_network.cross_entropy(scores, jnp.array([-1, -1, -1]), options)) == 0.0


def test_two_tasks_add_the_second_label_to_the_loss() -> None:
    one = make("rgcn")
    both = make("rgcn_multitask")
    params = shaken(one.init(jax.random.key(0)).params)
    shown = given()
    coarse = both.scores(params, shown.graphs)[1]
    second = _network.cross_entropy(coarse, shown.coarse, jnp.ones(coarse.shape))
    np.testing.assert_allclose(both.loss(params, shown), (one.loss(params, shown) + second) / 2, rtol=1e-5)
    hidden = shown._replace(y=jnp.full(16, -1))
    assert float(one.loss(params, hidden)) == 0.0
    assert float(both.loss(params, hidden)) > 0.1


@pytest.mark.parametrize("name", ["gin", "gine", "rgcn", "gru_sequence", "pathnn_ap"])
def test_networks_learn_their_training_set(name: str) -> None:
    """Labels are how many nodes are of the first type, up to three."""
    counts = jnp.minimum(given().graphs.x[..., 0].sum(1).astype(jnp.int32), 3)
    shown = given()._replace(y=counts)
    method = replace(make(name, lr=0.03, decay=0.01), given=shown)

    @jax.jit
    def run(key):
        start = method.init(key)
        batch = Batch(rows=jnp.arange(16))
        end = jax.lax.scan(lambda s, k: (method.update(s, batch, k), None), start, jax.random.split(key, 30))[0]
        return tuple(method.loss(state.params, shown) for state in (start, end))

    before, after = run(jax.random.key(3))
    assert float(after) < 0.9 * float(before)


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_answer_and_need_every_class(name: str) -> None:
    method = make(name)
    state = method.init(jax.random.key(0))
    assert method.predict(state, given().graphs).shape == (16, 4)
    hidden = Spec(**{**SPEC.__dict__, "known": 4})
    assert "every training graph" in str(method.fits(hidden))
    assert method.fits(SPEC) is None
