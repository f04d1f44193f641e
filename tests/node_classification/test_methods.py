"""Methods on graphs: limits that equal another method, numbers by hand, and that each of them learns."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import graphs
from toybench.blocks.graphs import HIDDEN
from toybench.methods.node_classification import _nodes as nodes
from toybench.methods.node_classification import adpa, gpr_gnn, optbasis
from toybench.plugins import registry
from toybench.tasks.node_classification import Graph, NodeSpec

SPEC = NodeSpec(nodes=24, features=5, classes=3, width=8, depth=2)
NETWORKS = [name.split("/")[1] for name in registry.methods("node_classification") if "label" not in name]


def small(directed=False, seed=0):
    """Three classes that mostly read themselves; the first half of the labels is known."""
    rng = np.random.default_rng(seed)
    labels = np.arange(24) % 3
    rate = np.where(labels[:, None] == labels[None, :], 0.5, 0.1)
    edges = (rng.random((24, 24)) < rate) * (1 - np.eye(24))
    edges = edges if directed else np.triu(edges, 1) + np.triu(edges, 1).T
    x = 2.0 * np.eye(3, 5)[labels] + rng.normal(size=(24, 5))
    y = np.where(np.arange(24) < 12, labels, HIDDEN)
    edges = jnp.asarray(edges, jnp.float32)
    reads = graphs.symmetrised(edges)
    return Graph(edges=edges, reads=reads, x=jnp.asarray(x, jnp.float32), y=jnp.asarray(y, jnp.int32))


GRAPH = small()
DIGRAPH = small(directed=True)


def make(stem, graph=GRAPH, spec=SPEC, **values):
    return registry.load("methods", f"node_classification/{stem}")(spec=spec, given=graph, steps=40, **values)


def begin(stem, graph=GRAPH, **values):
    method = make(stem, graph, **values)
    return method, method.init(jax.random.key(0))


def trained(method, state, steps):
    def step(state, key):
        return method.update(state, (), key), ()

    return jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(jax.random.key(1), steps))[0])(state)


def numbers(tree):
    return jax.tree.map(lambda a: np.asarray(a, np.float64), tree)


def smooth_of(edges, loops=True):
    a = np.asarray(edges, np.float64) + (np.eye(len(edges)) if loops else 0)
    d = np.maximum(a.sum(1), 1e-30)
    return a / np.sqrt(np.outer(d, d))


def relu(a):
    return np.maximum(a, 0)


def dense(p, a):
    return a @ p["kernel"] + p["bias"]


@pytest.mark.parametrize("stem", NETWORKS)
def test_it_learns(stem: str) -> None:
    """The loss on known labels falls, all numbers stay finite, and scores are one row a node."""
    graph = DIGRAPH if stem in ("adpa", "dir_gnn") else GRAPH
    nearer = {"knn_gcn": {"k": 3}, "gpr_gnn": {"alpha": 0.9}}.get(stem, {})  # else a small dense graph is smoothed flat
    method, state = begin(stem, graph, lr=0.02, **nearer)
    after = trained(method, state, 40)
    scores = method.node_scores(after)
    assert scores.shape == (24, 3)
    before = float(nodes.cross_entropy(method.node_scores(state), graph.y))
    assert float(nodes.cross_entropy(scores, graph.y)) < 0.85 * before


def test_decay_acts_on_kernels_and_shifts_alone() -> None:
    _, state = begin("omega_gcn")
    marks = nodes.decayed(state.params)["params"]
    assert marks["shift"] and marks["Dense_0"]["kernel"]
    assert not marks["moved"] and not marks["Dense_0"]["bias"]


def test_the_rate_ends_at_zero() -> None:
    """After as many steps as were said beforehand an update no longer moves anything."""
    method, state = begin("gcn", decay=1.0)
    after = trained(method, state, 40)
    still = method.update(after, (), jax.random.key(0))
    np.testing.assert_allclose(
        still.params["params"]["Dense_0"]["kernel"], after.params["params"]["Dense_0"]["kernel"], atol=1e-7
    )


def test_kernels_start_at_the_scale_of_their_inputs() -> None:
    state = make("gcn", spec=NodeSpec(nodes=24, features=5, classes=3, width=64, depth=3)).init(jax.random.key(3))
    assert float(state.params["params"]["kernel"].std()) == pytest.approx(64**-0.5, rel=0.05)


def test_hidden_nodes_have_no_loss() -> None:
    scores = jnp.asarray(np.random.default_rng(0).normal(size=(24, 3)), jnp.float32)
    each = nodes.losses(scores, GRAPH.y)
    assert float(jnp.abs(each[12:]).max()) == 0
    logs = np.log(np.exp(np.asarray(scores)).sum(1)) - np.asarray(scores)[np.arange(24), np.asarray(GRAPH.y)]
    np.testing.assert_allclose(each[:12], logs[:12], rtol=1e-4)
    assert float(nodes.cross_entropy(scores, GRAPH.y)) == pytest.approx(logs[:12].mean(), rel=1e-5)


def test_label_propagation_is_the_end_of_its_iteration() -> None:
    method = make("label_propagation", alpha=0.7)
    smooth = smooth_of(GRAPH.reads, loops=False)
    start = np.eye(4)[np.asarray(GRAPH.y)][:, :3]
    spread = np.zeros((24, 3))
    for _ in range(300):
        spread = 0.7 * smooth @ spread + 0.3 * start
    spread = spread + 1e-6
    np.testing.assert_allclose(np.exp(method.node_scores(())), spread / spread.sum(1, keepdims=True), atol=1e-5)


def test_gcn_by_hand() -> None:
    method, state = begin("gcn")
    p = numbers(state.params)["params"]
    smooth = smooth_of(GRAPH.reads)
    h = relu(dense(p["Dense_0"], np.asarray(GRAPH.x)))
    for w in p["kernel"]:
        h = relu(smooth @ h @ w)
    np.testing.assert_allclose(method.node_scores(state), dense(p["Dense_1"], h), atol=1e-4)


def test_sgc_is_linear_in_features_smoothed_twice() -> None:
    method, state = begin("sgc")
    p = numbers(state.params)["params"]
    smooth = smooth_of(GRAPH.reads)
    np.testing.assert_allclose(
        method.node_scores(state), dense(p["Dense_0"], smooth @ smooth @ np.asarray(GRAPH.x)), atol=1e-4
    )


def test_omega_is_the_identity_network_at_one_and_blind_at_zero() -> None:
    omega, state = begin("omega_gcn", speed=1.0)
    p = state.params["params"]
    shift = 0.3 * jax.random.normal(jax.random.key(5), p["shift"].shape)
    at_one = {**p, "shift": shift}
    plain = make("identity_gcn").network()
    rest = {k: v for k, v in at_one.items() if k != "moved"}
    np.testing.assert_allclose(
        omega.network().apply({"params": at_one}, *state.inputs),
        plain.apply({"params": rest}, *state.inputs),
        atol=1e-5,
    )
    at_zero = {**at_one, "moved": -jnp.ones_like(p["moved"])}
    blind = {"Dense_0": p["Dense_0"], "Dense_1": p["Dense_1"], "kernel": shift + jnp.eye(8)[None]}
    np.testing.assert_allclose(
        omega.network().apply({"params": at_zero}, *state.inputs),
        make("mlp").network().apply({"params": blind}, GRAPH.x),
        atol=1e-4,
    )


def test_omega_below_zero_sharpens() -> None:
    """Differences between neighbours grow."""
    omega, state = begin("omega_gcn")
    x = jnp.abs(GRAPH.x) + 1
    p = {**state.params["params"], "moved": jnp.full((2, 8), -1.5)}
    before = omega.network().apply({"params": {**p, "moved": -jnp.ones((2, 8))}}, state.inputs[0], x)
    after = omega.network().apply({"params": p}, state.inputs[0], x)
    assert float(after.std(0).sum()) > float(before.std(0).sum())


def test_attention_that_asks_nothing_is_the_mean() -> None:
    method, state = begin("gat")
    p = jax.tree.map(lambda a: a, state.params)["params"]
    for layer in ("AttentionConv_0", "AttentionConv_1"):
        for ask in ("Dense_1", "Dense_2"):
            p[layer][ask]["kernel"] = jnp.zeros_like(p[layer][ask]["kernel"])
    edges = np.asarray(GRAPH.reads) + np.eye(24)
    mean = edges / edges.sum(1, keepdims=True)
    q = numbers(p)
    h = relu(dense(q["Dense_0"], np.asarray(GRAPH.x)))
    for layer in ("AttentionConv_0", "AttentionConv_1"):
        h = relu(mean @ dense(q[layer]["Dense_0"], h))
    np.testing.assert_allclose(method.network().apply({"params": p}, *state.inputs), dense(q["Dense_1"], h), atol=1e-4)


def test_gpr_starts_as_appnp() -> None:
    gpr, state = begin("gpr_gnn", alpha=0.3)
    rest = {k: v for k, v in state.params["params"].items() if k != "moved"}
    walked = make("appnp", alpha=0.3).network().apply({"params": rest}, *state.inputs)
    np.testing.assert_allclose(gpr.node_scores(state), walked, atol=1e-5)
    assert float(gpr_gnn.pagerank(0.3, 10).sum()) == pytest.approx(1.0, rel=1e-5)


def test_gcnii_by_hand() -> None:
    method, state = begin("gcnii", alpha=0.2)
    p = numbers(state.params)["params"]
    smooth = smooth_of(GRAPH.reads)
    first = relu(dense(p["Dense_0"], np.asarray(GRAPH.x)))
    h = first
    for number, w in enumerate(p["kernel"], 1):
        u = 0.8 * smooth @ h + 0.2 * first
        b = np.log(1 + 0.5 / number)
        h = relu((1 - b) * u + b * u @ w)
    np.testing.assert_allclose(method.node_scores(state), dense(p["Dense_1"], h), atol=1e-4)


def test_rings_of_a_path() -> None:
    """0 - 1 - 2 - 3: node 0 has 1 near and 2 far."""
    edges = jnp.asarray(np.eye(4, k=1) + np.eye(4, k=-1), jnp.float32)
    near, far, _ = nodes.rings(Graph(edges=edges, reads=edges, x=jnp.zeros((4, 1)), y=jnp.zeros(4, jnp.int32)))
    np.testing.assert_allclose(near, [[0, 1, 0, 0], [0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [0, 0, 1, 0]])
    np.testing.assert_allclose(far, [[0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0]])


def test_dir_gnn_is_sage_where_edges_have_no_direction() -> None:
    method, state = begin("dir_gnn")
    p = state.params["params"]
    merged = {"Dense_0": p["Dense_0"], "Dense_1": p["Dense_3"]}
    for i in range(2):
        w = p[f"Dense_{i + 1}"]["kernel"]
        both = jnp.concatenate([w[:8], w[8:16] + w[16:]])
        merged[f"SageConv_{i}"] = {"Dense_0": {"kernel": both, "bias": p[f"Dense_{i + 1}"]["bias"]}}
    sage, there = begin("sage")
    np.testing.assert_allclose(
        method.node_scores(state), sage.network().apply({"params": merged}, *there.inputs), atol=1e-5
    )


def test_the_optimal_basis_is_orthonormal() -> None:
    h = jnp.asarray(np.random.default_rng(2).normal(size=(24, 4)), jnp.float32)
    moves = graphs.symmetric_normalised(GRAPH.reads, loops=False)
    basis = np.asarray(optbasis.orthonormal_basis(moves, h, 6))
    for channel in range(4):
        np.testing.assert_allclose(basis[:, :, channel] @ basis[:, :, channel].T, np.eye(7), atol=1e-3)
    # it spans h, P h, ..., P^6 h
    target = np.asarray(moves @ (moves @ h))[:, 0]
    inside = basis[:, :, 0].T @ (basis[:, :, 0] @ target)
    np.testing.assert_allclose(inside, target, atol=1e-4)


def test_a_dead_channel_has_no_basis_and_no_nan() -> None:
    h = jnp.zeros((24, 2)).at[:, 0].set(1.0)
    gradient = jax.grad(lambda h: optbasis.orthonormal_basis(GRAPH.reads / 24, h, 3).sum())(h)
    assert bool(jnp.isfinite(gradient).all())
    assert float(jnp.abs(optbasis.orthonormal_basis(GRAPH.reads / 24, h, 3)[:, :, 1]).max()) == 0


def test_patterns_of_a_directed_path() -> None:
    """0 reads 1, 1 reads 2."""
    edges = jnp.asarray([[0, 1, 0], [0, 0, 1], [0, 0, 0]], jnp.float32)
    found = np.asarray(adpa.directed_patterns(edges))
    np.testing.assert_array_equal(found[2], [[0, 0, 1], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(found[4], np.diag([1, 1, 0]))  # who reads the same
    np.testing.assert_array_equal(found[5], np.diag([0, 1, 1]))  # who is read by the same
    first = np.asarray(adpa.normalised_patterns(edges))[0]
    np.testing.assert_allclose(first, [[0.5, 0.5, 0], [0, 0.5, 0.5**0.5], [0, 0, 1]], atol=1e-6)


def test_patterns_coincide_in_pairs_without_direction() -> None:
    found = np.asarray(adpa.normalised_patterns(GRAPH.reads))
    np.testing.assert_array_equal(found[0], found[1])
    for other in (3, 4, 5):
        np.testing.assert_array_equal(found[2], found[other])


def test_adpa_by_hand() -> None:
    method, state = begin("adpa", DIGRAPH, hops=1)
    p = numbers(state.params)["params"]
    x = np.asarray(DIGRAPH.x, np.float64)
    patterns = np.asarray(adpa.normalised_patterns(DIGRAPH.edges), np.float64)
    branches = []
    for i, pattern in enumerate(patterns):
        hops = [x, pattern @ x]
        whole = np.concatenate(hops, 1)
        own = p["Each_0"]
        both = p["Each_1"]
        ask = [whole @ both["kernel"][i] + both["bias"][i] + h @ own["kernel"][i] + own["bias"][i] for h in hops]
        weights = np.exp(1 / (1 + np.exp(-np.stack(ask))))
        weights = weights / weights.sum(0)
        branches.append((weights * np.stack(hops)).sum(0))
    branches.append(x)
    h = [relu(b @ p["Each_2"]["kernel"][i] + p["Each_2"]["bias"][i]) for i, b in enumerate(branches)]
    np.testing.assert_allclose(method.node_scores(state), dense(p["Dense_0"], np.concatenate(h, 1)), atol=1e-4)


@pytest.mark.parametrize(("pattern", "directed"), [("flow", True), ("homophilous", False)])
def test_the_statistic_knows_where_direction_matters(pattern: str, directed: bool) -> None:
    task = registry.load("tasks", "node_classification/block_model_nodes")(pattern=pattern, directed=True)
    worlds = jax.jit(jax.vmap(task.sample))(jax.random.split(jax.random.key(1), 8))
    found = jax.vmap(adpa.direction_matters)(worlds.graph.edges, worlds.graph.y)
    assert bool(((found > adpa.SWITCH) == directed).all()), found


def test_rank_k_weighs_one_half() -> None:
    p = jnp.asarray([[0.1, 0.9, 0.5, 0.7]])
    found = np.asarray(nodes.soft_top(p, jnp.asarray([2.0])))[0] / np.asarray(p)[0]
    np.testing.assert_allclose(found, 1 - 0.5 * (1 + np.tanh(np.array([3, 0, 2, 1]) - 2.0)), rtol=1e-5)
    assert found[2] == pytest.approx(0.5)


def test_scores_of_edges_fall_with_distance_and_add_none() -> None:
    u = jnp.asarray([[0.0], [1.0], [3.0]])
    edges = jnp.asarray([[0.0, 1, 1], [1, 0, 0], [1, 0, 0]])
    found = np.asarray(nodes.edge_scores(u, edges, 0.5))
    np.testing.assert_allclose(found, [[0, np.exp(-0.5), np.exp(-1.5)], [np.exp(-0.5), 0, 0], [np.exp(-1.5), 0, 0]])


def test_the_generator_counts_neighbours_a_node() -> None:
    """Without noise k is 1 plus the mean degree where mu is 0, and more where it is higher."""
    method, state = begin("dgg")
    p = jax.tree.map(lambda a: a, state.params)["params"]
    mu = p["Dense_3"] if p["Dense_3"]["kernel"].shape[1] == 2 else p["Dense_2"]
    assert mu["kernel"].shape[1] == 2
    scores = method.node_scores(state)
    mu["kernel"] = jnp.zeros_like(mu["kernel"])
    mu["bias"] = jnp.asarray([50.0, 0.0])
    everything = method.network().apply({"params": p}, *state.inputs)
    mu["bias"] = jnp.asarray([-50.0, 0.0])
    one = method.network().apply({"params": p}, *state.inputs)
    assert float(jnp.abs(everything - one).max()) > 1e-3
    assert bool(jnp.isfinite(scores).all())


def test_the_generator_waits() -> None:
    """In the warm steps the given edges are read: the generator has no gradient then."""
    method, state = begin("dgg", warm=10)
    key = jax.random.key(4)
    for taken, moves in ((0, False), (10, True)):
        gradient = jax.grad(method.loss)(state.params, state.inputs, jnp.asarray(taken, jnp.int32), key)["params"]
        assert bool(jnp.abs(gradient["Dense_0"]["kernel"]).max() > 0) == moves


def test_nearest_neighbours_by_brute_force() -> None:
    _, state = begin("knn_gcn", k=3)
    x = np.asarray(GRAPH.x, np.float64)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    cosine = unit @ unit.T - 5 * np.eye(24)
    edges = np.zeros((24, 24))
    for i in range(24):
        edges[i, np.argsort(-cosine[i])[:3]] = 1
    np.testing.assert_allclose(state.inputs[0], smooth_of(np.maximum(edges, edges.T)), atol=1e-5)


def test_distances_to_neighbours_are_standardised() -> None:
    z = np.asarray(nodes.neighbour_distance(GRAPH), np.float64)
    x = np.asarray(GRAPH.x, np.float64)
    edges = np.asarray(GRAPH.reads)
    raw = np.array([np.linalg.norm(x[i] - x[edges[i] > 0], axis=1).mean() if edges[i].any() else 0 for i in range(24)])
    np.testing.assert_allclose(z, (raw - raw[:12].mean()) / raw[:12].std(), atol=1e-4)


def test_penalties_differ_by_the_risk() -> None:
    """sum r_k^2 = (sum r)^2 / K + sum (r_k - mean)^2."""
    shares = jnp.asarray([0.1, 0.4, 0.2, 0.3])
    squares = make("hei", penalty="squares").spread(shares)
    variance = make("hei", penalty="variance").spread(shares)
    assert float(squares) == pytest.approx(float(variance) + 1.0**2 / 4, rel=1e-5)
    assert float(make("hei", penalty="variance").spread(jnp.full(4, 0.3))) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("stem", ["hei", "random_environments"])
def test_without_weight_it_is_h2gcn(stem: str) -> None:
    method, state = begin(stem, weight=0.0, decay=0.5)
    plain, start = begin("h2gcn", decay=0.5)
    start = start._replace(params=state.params)
    np.testing.assert_allclose(
        method.node_scores(trained(method, state, 15)), plain.node_scores(trained(plain, start, 15)), atol=2e-4
    )


def test_environments_ascend_and_then_stay() -> None:
    method, state = begin("hei", warm=10, lr=0.05)
    *_, z = state.inputs
    each = nodes.losses(method.node_scores(state), GRAPH.y) / 12

    def penalty(s):
        member = jax.nn.softmax(method.splitter().apply(s.environments, z))
        return float(method.spread(each @ member))

    early = trained(method, state, 10)
    assert penalty(early) > penalty(state)
    late = trained(method, early, 5)
    jax.tree.map(np.testing.assert_array_equal, early.environments, late.environments)


def test_the_penalised_loss_by_hand() -> None:
    """The risk alone in the warm steps, then the risk and the shares' spread in the tuned proportion."""
    method, state = begin("random_environments", weight=3.0, warm=5)
    each = np.asarray(nodes.losses(method.node_scores(state), GRAPH.y), np.float64)[:12] / 12
    shares = each @ np.asarray(state.member)[:12]
    spread = ((shares - shares.mean()) ** 2).sum()
    assert float(method.loss(state.params, state)) == pytest.approx(each.sum(), rel=1e-4)
    later = state._replace(taken=jnp.asarray(5, jnp.int32))
    assert float(method.loss(state.params, later)) == pytest.approx((each.sum() + 3 * spread) / 4, rel=1e-4)
    assert np.asarray(state.member).sum(1).tolist() == [1.0] * 24


def test_heis_loss_by_hand() -> None:
    """After the warm steps: risk and squared shares; the environments' part is subtracted, and has no more say."""
    method, state = begin("hei", weight=3.0)
    *_, z = state.inputs
    each = np.asarray(nodes.losses(method.node_scores(state), GRAPH.y), np.float64) / 12
    shares = each @ np.asarray(jax.nn.softmax(method.splitter().apply(state.environments, z)), np.float64)
    pen = (shares**2).sum()
    found = [
        float(method.loss(state.params, state.environments, state.inputs, jnp.asarray(now))) for now in (True, False)
    ]
    np.testing.assert_allclose(found, [each.sum() - pen, (each.sum() + 3 * pen) / 4 - pen], rtol=1e-4)


def test_groups_are_quarters_and_a_blunt_maximum_is_their_mean() -> None:
    method, state = begin("group_dro_bins", sharpness=1e-3)
    groups = np.asarray(state.inputs[-1])
    assert groups[12:].sum() == 0
    assert groups.sum(0).tolist() == [3, 3, 3, 3]
    z = np.asarray(nodes.neighbour_distance(GRAPH))[:12]
    assert z[groups[:12, 0] > 0].max() < z[groups[:12, 3] > 0].min()
    loss = method.loss(state.params, state.inputs, jnp.asarray(0, jnp.int32), jax.random.key(0))
    mean = nodes.cross_entropy(method.node_scores(state), GRAPH.y)
    assert float(loss) == pytest.approx(float(mean), rel=2e-2)
    sharp = make("group_dro_bins", sharpness=200.0).loss(state.params, state.inputs, jnp.int32(0), jax.random.key(0))
    each = nodes.losses(method.node_scores(state), GRAPH.y) @ state.inputs[-1] / 3
    assert float(sharp) == pytest.approx(float(each.max()), rel=2e-2)
