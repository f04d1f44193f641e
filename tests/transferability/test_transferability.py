"""Graphons, gains and the closed-form encoder by second ways; scores by hand, on hulls and after renumbering."""

import itertools
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.transferability import graph_statistics, w2pgnn
from toybench.plugins import registry
from toybench.tasks.transferability import _encoder as encoder
from toybench.tasks.transferability import graphon_mixtures as module
from toybench.tasks.transferability import mixtures

METHODS = ("w2pgnn", "graph_statistics", "degree_mmd", "embedding_distance", "degree_spread")


def task(**knobs):
    return registry.load("tasks", "transferability/graphon_mixtures")(**knobs)


def make(stem, **values):
    return registry.load("methods", f"transferability/{stem}")(spec=task().spec, given=None, steps=0, **values)


@pytest.fixture(scope="module")
def worlds():
    """Three, one after the other: at the least optimisation, side by side they hang now and then."""
    sample = jax.jit(task().sample)
    drawn = [jax.block_until_ready(sample(jax.random.key(seed))) for seed in range(3)]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *drawn)


@pytest.fixture(scope="module")
def world(worlds):
    return jax.tree.map(lambda a: a[0], worlds)


def random_graph(nodes, rate, seed):
    upper = np.triu(np.random.default_rng(seed).random((nodes, nodes)) < rate, 1)
    return (upper + upper.T).astype(np.float32)


def test_graphons_have_one_density_and_are_symmetric() -> None:
    kinds = np.asarray(module.graphons(module.midpoints(), 0.2))
    np.testing.assert_allclose(kinds, kinds.swapaxes(1, 2), atol=1e-6)
    assert ((kinds >= 0) & (kinds <= 1)).all()
    np.testing.assert_allclose(kinds.mean((1, 2)), 0.2, atol=0.02)
    assert kinds[0, 0, 0] > 5 * kinds[0, 0, -1]
    assert kinds[1, 0, 0] < kinds[1, 0, 30] / 5
    assert kinds[2, 0, 0] > 2 * kinds[2, 0, -1] > 4 * kinds[2, -1, -1]
    np.testing.assert_allclose(kinds[5], 0.2, atol=1e-6)
    degrees = kinds.mean(2)
    thirds = degrees.reshape(6, 3, 20).mean(2)  # so that places are compared that sorting by degree puts together
    assert (np.diff(thirds[:5], axis=1) < -0.02).all()
    assert (np.diff(degrees[[0, 1, 2, 4]], axis=1) < 1e-6).all()
    ratio = kinds[4, 0, 20:] / kinds[4, -1, 20:]
    np.testing.assert_allclose(ratio, (0.25 + 2 * 59.5 / 60) / (0.25 + 1 / 60), rtol=1e-3)


def test_graphs_follow_their_graphon() -> None:
    """The mean chance of an edge between classes of a block model, over many graphs."""
    one = task()
    noise = jax.random.uniform(jax.random.key(0), (400, 32, 34))
    edges, y = jax.vmap(one.graph, (0, None))(noise, jnp.eye(6)[0])
    member = np.eye(3)[np.asarray(y)]
    edges = np.asarray(edges)
    assert set(np.bincount(np.asarray(y[0]))) == {10, 11}
    linked = np.einsum("gia,gij,gjb->ab", member, edges, member)
    pairs = np.einsum("gia,ij,gjb->ab", member, 1 - np.eye(32), member)
    kinds = np.asarray(module.graphons(jnp.array([0.1, 0.5, 0.9]), 0.2))
    np.testing.assert_allclose(linked / pairs, kinds[0], atol=0.02)
    assert len(set(map(tuple, np.asarray(y[:20])))) == 20  # classes lie in any order


def test_features_of_a_node_one_by_one() -> None:
    edges = random_graph(9, 0.4, 0)
    ours = np.asarray(encoder.node_features(jnp.asarray(edges)))
    degree = edges.sum(1)
    walk = edges / np.maximum(degree, 1)[:, None]
    assert ours.shape == (9, 36)
    for node in range(9):
        near = np.flatnonzero(edges[node])
        triangles = sum(edges[a, b] for a in near for b in near)
        two = {int(b) for a in near for b in np.flatnonzero(edges[a])}
        back = [np.linalg.matrix_power(walk, k)[node, node] for k in (2, 3, 4)]
        own = [degree[node] / 9, np.log1p(degree[node]), triangles / 9]
        own += [triangles / max(degree[node] * (degree[node] - 1), 1), *back]
        np.testing.assert_allclose(ours[node, :7], own, atol=1e-5)
        assert ours[node, 8] * 9 == pytest.approx(len(two), abs=1e-4)
        np.testing.assert_allclose(ours[node, 9:18], ours[near, :9].mean(0), atol=1e-5)
        np.testing.assert_allclose(ours[node, 27:], ours[near, :9].std(0), atol=2e-3)


def test_features_do_not_depend_on_the_numbering() -> None:
    edges = random_graph(9, 0.4, 1)
    order = np.random.default_rng(0).permutation(9)
    ours = np.asarray(encoder.node_features(jnp.asarray(edges)))
    new = np.asarray(encoder.node_features(jnp.asarray(edges[np.ix_(order, order)])))
    np.testing.assert_allclose(new, ours[order], atol=1e-4)


def test_directions_are_canonical(world) -> None:
    """Unit covariance, no correlation of different ones, and no other direction agrees better across views."""
    graphs = world.corpora[3].reshape(12, 32, 32)
    noise = jax.random.uniform(jax.random.key(7), (2, 12, 32, 32))
    kept = np.triu(np.asarray(noise) > 0.25, 1)
    views = np.asarray(graphs)[None] * (kept + kept.swapaxes(-1, -2))
    x = np.stack([np.concatenate([encoder.node_features(jnp.asarray(g)) for g in view]) for view in views])
    scale = x.std((0, 1)) + 1e-6
    x = ((x - x.mean((0, 1))) / scale).astype(float)
    covariance = (x[0].T @ x[0] + x[1].T @ x[1]) / (2 * x.shape[1]) + 0.01 * np.eye(36)
    across = (x[0].T @ x[1] + x[1].T @ x[0]) / (2 * x.shape[1])
    w = np.asarray(encoder.pretrained(graphs, noise, 3).directions * scale[:, None], float)
    np.testing.assert_allclose(w.T @ covariance @ w, np.eye(3), atol=0.02)
    agreement = w.T @ across @ w
    assert np.abs(agreement - np.diag(np.diag(agreement))).max() < 0.02
    other = np.random.default_rng(0).normal(size=(36, 2000))
    rival = (other * (across @ other)).sum(0) / (other * (covariance @ other)).sum(0)
    assert agreement[0, 0] > rival.max() - 1e-3
    assert agreement[0, 0] >= agreement[1, 1] >= agreement[2, 2] > 0


def test_a_probe_of_separate_classes_is_right_and_of_noise_is_not() -> None:
    y = jnp.arange(30, dtype=jnp.int32) % 3
    known = (jnp.arange(30) < 9).astype(jnp.float32)
    assert float(encoder.probe_accuracy(5 * jax.nn.one_hot(y, 3), y, known, 3)) == 1
    z = jax.random.normal(jax.random.key(0), (300, 2))
    many = jnp.arange(300, dtype=jnp.int32) % 3
    assert 0.2 < float(encoder.probe_accuracy(z, many, (jnp.arange(300) < 9).astype(jnp.float32), 3)) < 0.47


def test_true_distances_to_the_hull() -> None:
    one = task()
    first = np.asarray(one.hull_distance(jnp.eye(6)[2]))
    inside = (module.PAIRS == 2).any(1)
    assert (first[inside] < 1e-3).all()
    assert (first[~inside] > 0.01).all()
    half = np.asarray(one.hull_distance(jnp.array([0.3, 0.7, 0.0, 0.0, 0.0, 0.0])))
    assert half[0] < 1e-3
    assert half.argmin() == 0


def test_gains_can_be_measured(worlds) -> None:
    """Halves of the test graphs agree, so that a score can be judged; corpora differ by more than rounding."""
    one = task()
    scores = jax.vmap(lambda w: one.evaluate(w, jax.random.key(0), one.oracle(w)))(worlds)
    assert float(scores["reliability"].mean()) >= 0.8
    assert float(worlds.gains.mean(3).std(2).mean()) > 0.01
    np.testing.assert_allclose(scores["correlation"], 1.0, atol=1e-4)
    np.testing.assert_allclose(scores["rank_correlation"], 1.0, atol=1e-4)
    np.testing.assert_allclose(scores["selected"], 1.0, atol=1e-4)
    assert float(scores["told"].mean()) > 0.2
    floor = jax.vmap(lambda w: one.evaluate(w, jax.random.key(0), one.floor(w)))(worlds)
    assert abs(float(floor["correlation"].mean())) < 0.3
    assert abs(float(floor["selected"].mean())) < 0.35


def test_metrics_by_hand(world) -> None:
    one = task()
    gains = np.asarray(world.gains.mean(2), float)
    scores = np.random.default_rng(0).normal(size=gains.shape).astype(np.float32)
    learner = SimpleNamespace(feasibility=lambda c, g: jnp.asarray(scores)[module.which(world, g)])
    found = one.evaluate(world, jax.random.key(0), learner)
    each = [np.corrcoef(scores[q], gains[q])[0, 1] for q in range(8)]
    assert float(found["correlation"]) == pytest.approx(np.mean(each), abs=1e-4)
    assert float(found["behind"]) == pytest.approx(float(found["told"] - found["correlation"]), abs=1e-5)
    chosen = gains[np.arange(8), scores.argmax(1)]
    way = (gains.max(1) - gains.mean(1)).sum()
    assert float(found["selected"]) == pytest.approx((chosen - gains.mean(1)).sum() / way, abs=1e-4)
    others = [np.delete(gains, q, axis=0).mean(0) for q in range(8)]
    blind = [np.corrcoef(others[q], gains[q])[0, 1] for q in range(8)]
    assert float(found["blind"]) == pytest.approx(np.mean(blind), abs=1e-4)
    constant = SimpleNamespace(feasibility=lambda c, g: jnp.zeros(15))
    assert float(one.evaluate(world, jax.random.key(0), constant)["correlation"]) == 0


def test_step_functions_by_hand() -> None:
    star = np.zeros((4, 4), np.float32)
    star[2, [0, 1, 3]] = star[[0, 1, 3], 2] = 1
    cells = np.asarray(w2pgnn.step_function(jnp.asarray(star[None]), 2))
    np.testing.assert_allclose(cells, [[0.5, 0.5], [0.5, 0.0]])
    fine = np.asarray(w2pgnn.step_function(jnp.asarray(star[None]), 4))
    assert fine[0].tolist() == [0, 1, 1, 1]


def test_mixtures_by_hand() -> None:
    sources = jnp.array([[[1.0, 0.0], [0.0, 2.0]]])
    np.testing.assert_allclose(mixtures(sources, "mean"), [[[0.5, 1.0]]])
    np.testing.assert_allclose(mixtures(sources, "sources"), [[[0.0, 2.0], [1.0, 0.0]]])
    best = np.asarray(mixtures(sources, "best"))
    assert best.shape == (1, 11, 2)
    np.testing.assert_allclose(best[0, 3], [0.3, 1.4], rtol=1e-6)


@pytest.fixture(scope="module")
def cells(world):
    """Step functions [6, 8, 8] of the first corpus that has a kind."""
    first = [np.argwhere(np.isin(module.PAIRS, kind))[0] for kind in range(6)]
    return jnp.stack([w2pgnn.step_function(world.corpora[a, b], 8) for a, b in first])


def test_a_step_function_is_at_no_distance_from_itself(cells) -> None:
    """In any order; other kinds are farther, but for nearly flat ones, whose places can hardly be told apart."""
    order = np.random.default_rng(0).permutation(8)
    both = jax.jit(jax.vmap(jax.vmap(w2pgnn.gromov_wasserstein, (None, 0)), (0, None)))
    apart = np.asarray(both(cells, cells[:, order][:, :, order]))
    np.testing.assert_allclose(apart, both(cells, cells), atol=2e-3)
    own = np.diag(apart)
    others = np.where(np.eye(6) > 0, np.inf, apart).min(1)
    assert (own < others / 2).all()
    assert own[:3].max() < 0.02


def test_plans_have_the_weights_of_places(cells) -> None:
    plan = np.asarray(w2pgnn.matching(cells[0], cells[3]))
    np.testing.assert_allclose(plan.sum(1), 1 / 8, atol=1e-5)
    np.testing.assert_allclose(plan.sum(0), 1 / 8, atol=0.01)  # balanced first, so that rows are exact


def test_distance_of_levels() -> None:
    level = float(w2pgnn.gromov_wasserstein(jnp.full((3, 3), 0.2), jnp.full((3, 3), 0.5)))
    assert level == pytest.approx(0.3, abs=1e-4)


def test_no_permutation_is_much_nearer() -> None:
    """All 120 matchings of five places: the steps come near to the best one."""
    rng = np.random.default_rng(3)
    fame = np.sort(rng.random((2, 5)))[:, ::-1]
    noise = rng.normal(size=(2, 5, 5)) * 0.05
    one, other = fame[:, :, None] * fame[:, None, :] + (noise + noise.swapaxes(1, 2)) / 2
    every = [np.mean((one - other[np.ix_(o, o)]) ** 2) for o in map(list, itertools.permutations(range(5)))]
    ours = float(w2pgnn.gromov_wasserstein(jnp.asarray(one, jnp.float32), jnp.asarray(other, jnp.float32)))
    assert ours < 1.05 * np.sqrt(min(every))


def test_matching_cost_is_the_square_loss() -> None:
    rng = np.random.default_rng(1)
    one = rng.random((4, 4))
    other = rng.random((4, 4))
    one = one + one.T
    other = other + other.T
    plan = rng.random((4, 4))
    for _ in range(200):
        plan = plan / plan.sum(1, keepdims=True) / 4
        plan = plan / plan.sum(0, keepdims=True) / 4
    brute = np.einsum("ikjl,kl->ij", (one[:, :, None, None] - other[None, None]) ** 2, plan)
    ours = w2pgnn.matching_cost(*(jnp.asarray(a, jnp.float32) for a in (one, other, plan)))
    np.testing.assert_allclose(ours, brute, atol=1e-3)


def test_a_mixture_of_the_sources_is_in_the_hull(world) -> None:
    """Half of the downstream graphs from either source: by the order of degrees nothing is nearer; the ends differ."""
    corpora = jnp.concatenate([world.corpora, jnp.zeros_like(world.corpora[:1])])
    downstream = world.corpora[4].reshape(12, 32, 32)
    order = make("w2pgnn", distance="order")
    scores = np.asarray(order.feasibility((), corpora, downstream))
    assert scores.argmax() == 4
    assert scores[4] == pytest.approx(0.0, abs=1e-4)
    pure = np.asarray(make("w2pgnn", distance="order", mixture="sources").feasibility((), corpora, downstream))
    assert pure[4] < -0.005
    assert (pure <= scores + 1e-6).all()
    middle = np.asarray(make("w2pgnn", distance="order", mixture="mean").feasibility((), corpora, downstream))
    assert middle[4] == pytest.approx(0.0, abs=1e-4)
    own = np.asarray(make("w2pgnn", distance="order", mixture="sources").feasibility((), corpora, world.corpora[4, 1]))
    assert own[4] == pytest.approx(0.0, abs=1e-4)
    matched = np.asarray(make("w2pgnn").feasibility((), corpora, downstream))
    assert matched.argmax() == 4
    assert matched.argmin() == 15  # the empty corpus


@pytest.mark.parametrize("stem", METHODS)
def test_scores_do_not_depend_on_numberings(stem: str, world) -> None:
    method = make(stem)
    state = method.init(jax.random.key(0))
    base = np.asarray(method.feasibility(state, world.corpora, world.downstream[0]))
    order = jax.random.permutation(jax.random.key(1), 32)
    moved = method.feasibility(state, world.corpora[..., order, :][..., order], world.downstream[0])
    assert base.shape == (15,)
    assert np.isfinite(base).all()
    assert len(np.unique(base)) > 10
    if stem != "w2pgnn":  # where nodes of one degree are sorted by their number
        np.testing.assert_allclose(moved, base, atol=1e-3)


@pytest.mark.parametrize("mixture", ["mean", "best"])
@pytest.mark.parametrize("stem", ["graph_statistics", "degree_mmd", "embedding_distance"])
def test_distances_are_zero_for_the_corpus_itself(stem: str, mixture: str, world) -> None:
    method = make(stem, mixture=mixture)
    state = method.init(jax.random.key(0))
    scores = np.asarray(method.feasibility(state, world.corpora, world.corpora[7].reshape(12, 32, 32)))
    assert scores.argmax() == 7
    assert scores[7] == pytest.approx(0.0, abs=1e-3)


def test_statistics_by_hand() -> None:
    """A triangle with a tail: degrees 2, 2, 3, 1."""
    edges = np.zeros((4, 4), np.float32)
    for a, b in ((0, 1), (0, 2), (1, 2), (2, 3)):
        edges[a, b] = edges[b, a] = 1
    degree = np.array([2, 2, 3, 1])
    ends = np.argwhere(edges)
    together = np.corrcoef(degree[ends[:, 0]], degree[ends[:, 1]])[0, 1]
    expected = [
        0.5,
        degree.std() / 4,
        0.0,
        6 / 10,
        (1 + 1 + 1 / 3 + 0) / 4,
        together,
        np.linalg.eigvalsh(edges)[-1] / 4,
    ]
    np.testing.assert_allclose(graph_statistics.statistics(jnp.asarray(edges)), expected, atol=1e-3)


def test_spread_is_blind_to_the_question(world) -> None:
    method = make("degree_spread")
    one = np.asarray(method.feasibility((), world.corpora, world.downstream[0]))
    np.testing.assert_array_equal(one, method.feasibility((), world.corpora, world.downstream[1]))
    degree = np.asarray(world.corpora[2].sum(3))
    assert one[2] == pytest.approx(degree.std(2).mean(), rel=1e-5)


def test_degrees_far_apart_are_far(world) -> None:
    empty = jnp.zeros((2, 32, 32))
    full = jnp.ones((2, 32, 32)) - jnp.eye(32)[None]
    corpora = jnp.stack([empty[:, None], full[:, None]])
    scores = np.asarray(make("degree_mmd").feasibility((), corpora, empty))
    assert scores[0] == pytest.approx(0.0, abs=1e-6)
    assert scores[1] == pytest.approx(-2.0, abs=1e-3)  # two points without overlap
