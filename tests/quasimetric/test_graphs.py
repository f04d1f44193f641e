"""The study's graphs and metrics: against scipy, by hand, and on graphs whose distances are known in closed form."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.sparse.csgraph import shortest_path

from toybench import fields
from toybench.plugins import registry
from toybench.tasks.quasimetric import DISCOUNT, follow, shortest_paths

INF = np.inf


def task(label):
    stem, given = fields.split_label(label)
    return fields.make(registry.load("tasks", f"quasimetric/{stem}"), given)


def edges(label, seed=0):
    return np.asarray(task(label).edges(jax.random.key(seed)))


@pytest.mark.parametrize("stem", ["random_digraph", "one_way_grid", "hierarchy"])
@pytest.mark.parametrize("seed", [0, 1])
def test_distances_are_those_of_scipy(stem, seed):
    weights = edges(stem, seed)
    expected = shortest_path(np.where(np.isfinite(weights), weights, 0.0), directed=True)
    np.testing.assert_allclose(shortest_paths(jnp.asarray(weights)), expected, rtol=1e-6)


def test_shortest_paths_by_hand():
    weights = jnp.array([[INF, 1.0, 5.0], [INF, INF, 1.5], [INF, INF, INF]])  # 0 -> 1 -> 2, and a dear 0 -> 2
    np.testing.assert_array_equal(shortest_paths(weights), [[0, 1, 2.5], [INF, 0, 1.5], [INF, INF, 0]])


def test_follow_walks_as_predicted():
    # 0 -> 1 -> 3 costs 2, 0 -> 2 -> 3 costs 3, 1 -> 0 leads back
    weights = (
        jnp.full((4, 4), INF)
        .at[jnp.array([0, 1, 0, 2, 1]), jnp.array([1, 3, 2, 3, 0])]
        .set(jnp.array([1.0, 1.0, 1.0, 2.0, 1.0]))
    )
    exact = shortest_paths(weights)
    np.testing.assert_array_equal(follow(weights, exact), exact)
    detour = follow(
        weights, exact.at[1, 3].set(9.0)
    )  # from 1 the edge into 3 is seen as before: the goal's own rest is 0
    assert detour[0, 3] == 3.0 and detour[1, 3] == 2.0 - 1.0
    circle = follow(weights, exact.at[3, 3].set(9.0).at[0, 3].set(0.0).at[1, 3].set(0.0))
    assert np.isinf(circle[0, 3])  # 0 and 1 send the walk to each other
    assert np.isinf(follow(weights, exact)[3, 0])  # no edge out of 3


def test_exact_distances_lead_to_the_goal_on_every_task():
    for stem in ("random_digraph", "one_way_grid", "hierarchy"):
        weights = jnp.asarray(edges(stem))
        exact = np.asarray(shortest_paths(weights))
        walked = np.asarray(jax.jit(follow)(weights, jnp.asarray(exact)))
        np.testing.assert_allclose(walked[np.isfinite(exact)], exact[np.isfinite(exact)])


def test_random_digraph_is_a_cycle_with_shortcuts():
    cycle = np.asarray(shortest_paths(jnp.asarray(edges("random_digraph[shortcuts=0]"))))
    np.testing.assert_array_equal(np.sort(cycle, axis=1), np.tile(np.arange(64.0), (64, 1)))
    some = [edges("random_digraph", seed) for seed in range(4)]
    assert all(np.isfinite(shortest_paths(jnp.asarray(w))).all() for w in some)
    assert 1.8 < np.mean([np.isfinite(w).sum() / 64 for w in some]) < 2.2  # one edge of the cycle and one shortcut


def test_one_way_grid_has_doors():
    row, column = np.divmod(np.arange(64), 8)
    manhattan = np.abs(row[:, None] - row) + np.abs(column[:, None] - column)
    np.testing.assert_array_equal(shortest_paths(jnp.asarray(edges("one_way_grid[doors=0]"))), manhattan)
    adjacent = manhattan == 1
    for doors in (0.5, 1.0):
        there = np.isfinite(edges(f"one_way_grid[doors={doors}]"))
        assert not there[~adjacent].any()
        assert (there | there.T)[adjacent].all()  # a passage is never shut both ways
        both = (there & there.T)[adjacent].mean()
        assert abs(both - (1 - doors)) < 0.15
        assert 0.35 < np.triu(there & ~there.T).sum() / (there & ~there.T).sum() < 0.65  # no preferred direction


def test_hierarchy_climbs_at_a_price():
    def up(node):
        return [node, *up((node - 1) // 2)] if node else [0]

    def expected(x, y, climb):
        ancestors = up(x)
        meet = next(a for a in up(y) if a in ancestors)
        return climb * ancestors.index(meet) + up(y).index(meet)

    pairs = np.array([[expected(x, y, 3.0) for y in range(64)] for x in range(64)])
    np.testing.assert_array_equal(shortest_paths(jnp.asarray(edges("hierarchy[stairs=1]"))), pairs)
    down = np.asarray(shortest_paths(jnp.asarray(edges("hierarchy[stairs=0]"))))
    below = np.array([[x in up(y) for y in range(64)] for x in range(64)])
    np.testing.assert_array_equal(np.isfinite(down), below)
    unreachable = [np.isinf(shortest_paths(jnp.asarray(edges("hierarchy", seed)))).mean() for seed in range(4)]
    assert 0.3 < np.mean(unreachable) < 0.7


@pytest.fixture(scope="module")
def world():
    return task("one_way_grid").sample(jax.random.key(3))


def judge(world, distance):
    learner = SimpleNamespace(distance=lambda x, y: jnp.asarray(distance)[x, y])
    return {k: float(v) for k, v in task("one_way_grid").evaluate(world, jax.random.key(0), learner).items()}


def test_training_pairs_are_the_observed_ones(world):
    train = np.asarray(world.train)
    assert not train.diagonal().any()
    assert abs(train.sum() / 64**2 - 0.3) < 0.02
    batch = task("one_way_grid").draw(world, jax.random.key(1), None)[1]
    assert train[batch.x, batch.y].all()
    np.testing.assert_allclose(batch.discounted, DISCOUNT ** np.asarray(world.distance)[batch.x, batch.y], rtol=1e-6)
    assert len({(int(x), int(y)) for x, y in zip(batch.x, batch.y, strict=True)}) > 200  # of 256: spread over all


def test_the_oracle_is_without_error(world):
    scores = judge(world, world.distance)
    assert scores["heldout_mse"] == scores["train_mse"] == scores["triangle_share"] == 0.0
    assert scores["triangle_violation"] < 1e-7 and scores["asymmetry_error"] == 0.0
    assert scores["greedy_success"] == 1.0


def test_metrics_look_where_they_say(world):
    exact, train = np.asarray(world.distance), np.asarray(world.train)
    off = ~np.eye(64, dtype=bool)
    wrong_heldout = judge(world, np.where(train | ~off, exact, 0.0))
    assert wrong_heldout["train_mse"] == 0.0
    expected = ((1.0 - DISCOUNT**exact) ** 2)[off & ~train].mean()
    assert wrong_heldout["heldout_mse"] == pytest.approx(expected, rel=1e-4)
    symmetric = judge(world, np.full((64, 64), 7.0))
    twist = DISCOUNT**exact - DISCOUNT**exact.T
    assert symmetric["asymmetry_error"] == pytest.approx((twist**2)[off & ~train].mean() ** 0.5, rel=1e-4)
    assert symmetric["triangle_share"] == 0.0


def test_a_triple_is_broken_from_a_discounted_excess_of_a_twentieth(world):
    """A way round of 2 discounts to 0.81: a direct distance of 2.5 is 0.042 below it, one of 2.7 is 0.058 below."""
    flat = np.where(np.eye(64, dtype=bool), 0.0, 1.0)
    for direct, broken in ((2.5, 0), (2.7, 62)):
        flat[3, 5] = direct
        assert judge(world, flat)["triangle_share"] == pytest.approx(broken / (64 * 63 * 62), rel=1e-5)


def test_triples_are_of_three_nodes(world):
    """A node that is far from itself breaks no triple."""
    flat = np.where(np.eye(64, dtype=bool), 30.0, 1.0)
    assert judge(world, flat)["triangle_share"] == 0.0


def test_one_long_distance_breaks_the_triangle(world):
    flat = np.where(np.eye(64, dtype=bool), 0.0, 1.0)
    flat[3, 5] = 8.0  # the 62 ways round cost 2: an excess of 6 in 8 on 62 of 64^3 triples
    scores = judge(world, flat)
    assert scores["triangle_share"] == pytest.approx(62 / (64 * 63 * 62), rel=1e-5)
    assert scores["triangle_violation"] == pytest.approx(62 * 6 / 8 / 64**3, rel=1e-4)
