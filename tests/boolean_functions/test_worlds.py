"""The tasks' worlds, references and metrics, by enumeration and by hand."""

import itertools
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.blocks import boolean
from toybench.errors import UsageError
from toybench.plugins import registry
from toybench.tasks.boolean_functions import Table
from toybench.tasks.boolean_functions import frozen_bit as frozen_module
from toybench.tasks.boolean_functions import sparse_sum as sum_module

KEY = jax.random.key(3)


def task(stem: str, **values: Any) -> Any:
    return registry.load("tasks", f"boolean_functions/{stem}")(**values)


def judged(problem: Any, world: Any, learner: Any) -> dict[str, float]:
    return {name: float(value) for name, value in problem.evaluate(world, KEY, learner).items()}


def neighbours(problem: Any, world: Any) -> Table:
    """What a nearest neighbour says on the whole cube, by loops."""
    given = problem.given(world)
    table = []
    for x, y in zip(np.asarray(given.x), np.asarray(given.y), strict=True):
        distances = (boolean.cube(x.shape[1])[:, None] != x[None]).sum(2)
        table.append([y[d == d.min()].mean() for d in distances])
    return Table(jnp.asarray(np.array(table)))


@pytest.mark.parametrize(("target", "degree", "share", "far"), [("pair", 1, 0.75, 4.0), ("triple", 2, 0.5, 2.0)])
def test_the_unseen_domain(target: str, degree: int, share: float, far: float) -> None:
    problem = task("unseen_domain", target=target, dims=5)
    world = problem.sample(KEY)
    seen = np.asarray(world.seen)
    assert seen.mean() == share
    np.testing.assert_allclose(boolean.least_degree(np.asarray(world.target), seen), world.least, atol=1e-9)
    coefficients = np.asarray(boolean.walsh_transform(world.target))
    assert (np.abs(coefficients) > 0.5).sum() == 1  # a single product
    assert boolean.degrees(5)[np.abs(coefficients).argmax()] == degree + 1
    given = problem.given(world)
    assert given.x.shape == (1, problem.spec.points, 5)
    rows = [int(np.flatnonzero((boolean.cube(5) == x).all(1))[0]) for x in np.asarray(given.x[0])]
    assert sorted(rows) == list(np.flatnonzero(seen))
    np.testing.assert_array_equal(given.y[0], np.asarray(world.target)[rows])
    assert judged(problem, world, problem.oracle(world))["distance_to_mdi"] == 0
    assert judged(problem, world, problem.oracle(world))["high_degree_mass"] == pytest.approx(0, abs=1e-9)
    truth = judged(problem, world, problem.floor(world))
    assert truth == {"distance_to_mdi": far, "high_degree_mass": 1.0, "unseen_mse": 0.0, "seen_mse": 0.0}


def test_only_a_pair_tells_a_nearest_neighbour_from_the_least_degree() -> None:
    problem = task("unseen_domain", dims=4)
    world = problem.sample(KEY)
    found = judged(problem, world, neighbours(problem, world))
    assert found["distance_to_mdi"] == pytest.approx(1.0)  # -1 for -3 on a quarter of the cube
    assert found["high_degree_mass"] == pytest.approx(0.25)  # (1/2)^2 of a mass of 1: (x_a + x_b + x_a x_b - 1) / 2
    assert found["unseen_mse"] == pytest.approx(4.0)
    problem = task("unseen_domain", target="triple", dims=4)
    world = problem.sample(KEY)
    assert judged(problem, world, neighbours(problem, world))["distance_to_mdi"] == 0


def test_metrics_of_the_unseen_domain_by_hand() -> None:
    problem = task("unseen_domain", dims=2)
    world = problem.sample(KEY)
    found = judged(problem, world, Table(world.target[None] + 1.0))
    assert found["seen_mse"] == pytest.approx(1.0)
    assert found["unseen_mse"] == pytest.approx(1.0)
    assert found["high_degree_mass"] == pytest.approx(0.5)  # x_a x_b + 1
    assert found["distance_to_mdi"] == pytest.approx((3 * 1 + 25) / 4)


def test_pointer_value_retrieval_by_hand() -> None:
    x = jnp.asarray(
        [[1, 1, -1, -1, 1, 1, 1, 1], [-1, -1, 1, 1, 1, 1, -1, -1], [1, -1, 1, -1, 1, -1, 1, 1]], jnp.float32
    )
    np.testing.assert_array_equal(frozen_module.pointer_value(x), [-1, -1, -1])
    flipped = x.at[:, 0].multiply(-1)  # pointers 0, 3, 1 become 2, 1, 3
    np.testing.assert_array_equal(frozen_module.pointer_value(flipped), [1, 1, 1])


@pytest.mark.parametrize("target", ["pvr", "linear"])
def test_a_copied_point_has_the_influence_for_an_error(target: str) -> None:
    problem = task("frozen_bit", target=target)
    world = problem.sample(KEY)
    found = judged(problem, world, neighbours(problem, world))
    assert found["influence_gap"] == pytest.approx(0.0, abs=1e-6)
    assert found["influence_correlation"] == pytest.approx(1.0, abs=1e-5)
    assert found["seen_mse"] == 0
    known = problem.oracle(world)
    np.testing.assert_allclose(neighbours(problem, world).table, known.table, atol=1e-6)


def test_training_sets_of_the_frozen_bit() -> None:
    problem = task("frozen_bit")
    world = problem.sample(KEY)
    given = problem.given(world)
    influences = np.sort(np.asarray(boolean.influences(world.target)))
    np.testing.assert_allclose(influences, [0.125, 0.125, 0.25, 0.25, 0.25, 0.375, 0.375, 0.375], atol=1e-6)
    assert given.x.shape == (8, 128, 8)
    for k in range(8):
        assert (given.x[k, :, k] == 1).all()
        rows = ((np.asarray(given.x[k]) < 0) * 2 ** np.arange(8)).sum(1)
        assert len(set(rows)) == 128
        np.testing.assert_array_equal(given.y[k], np.asarray(world.target)[rows])


def test_the_linear_formula_and_what_a_gap_is() -> None:
    """A model with weight p on the frozen bit, and a bias that makes up for it, errs by 2 (p - f_k) where it flips."""
    problem = task("frozen_bit", target="linear")
    world = problem.sample(KEY)
    coefficients = np.asarray(boolean.walsh_transform(world.target))
    first = coefficients[2 ** np.arange(8)]
    assert (np.abs(first) >= 0.5).all() and (np.abs(coefficients[0]) >= 0.5)
    table = []
    for k in range(8):
        half = (coefficients[0] + first[k]) / 2
        change = (half - coefficients[0]) + (half - first[k]) * boolean.cube(8)[:, k]
        table.append(np.asarray(world.target) + change)
    found = judged(problem, world, Table(jnp.asarray(np.array(table), jnp.float32)))
    assert found["linear_formula_gap"] == pytest.approx(0.0, abs=1e-5)
    expected = np.abs((coefficients[0] - first) ** 2 / 4 - first**2).mean()
    assert found["influence_gap"] == pytest.approx(expected, rel=1e-4)
    shifted = judged(problem, world, Table(world.target[None] + jnp.ones((8, 1))))
    assert shifted["seen_mse"] == pytest.approx(1.0, rel=1e-5)
    assert shifted["influence_gap"] == pytest.approx(np.abs(0.5 - first**2).mean(), rel=1e-4)


def test_ranks_and_correlation_are_spearmans() -> None:
    a = np.array([3.0, 1.0, 1.0, 5.0, 4.0, 1.0], np.float32)
    b = np.array([2.0, 0.0, 1.0, 3.0, 3.0, -1.0], np.float32)
    np.testing.assert_array_equal(frozen_module.ranks(jnp.asarray(a)), stats.rankdata(a) - 1)
    found = frozen_module.correlation(frozen_module.ranks(jnp.asarray(a)), frozen_module.ranks(jnp.asarray(b)))
    assert float(found) == pytest.approx(stats.spearmanr(a, b).statistic, rel=1e-5)
    assert float(frozen_module.correlation(jnp.ones(4), jnp.arange(4.0))) == 0


def test_a_sampled_parity() -> None:
    problem = task("sampled_parity", dims=6, degree=4, samples=20)
    world = problem.sample(KEY)
    coefficients = np.asarray(boolean.walsh_transform(world.target))
    assert sorted(np.abs(coefficients))[-2:] == pytest.approx([0.0, 1.0], abs=1e-6)
    assert boolean.degrees(6)[np.abs(coefficients).argmax()] == 4
    given = problem.given(world)
    rows = ((np.asarray(given.x) < 0) * 2 ** np.arange(6)).sum(1)
    np.testing.assert_array_equal(given.y, np.asarray(world.target)[rows])
    asked = []
    margin = SimpleNamespace(margin=lambda x: asked.append(np.asarray(x)) or jnp.ones(len(x)))
    found = judged(problem, world, margin)
    unseen = ((asked[0] < 0) * 2 ** np.arange(6)).sum(1)
    assert sorted([*rows, *unseen]) == list(range(64))
    assert found["accuracy"] == pytest.approx((np.asarray(world.target)[unseen] > 0).mean())
    assert judged(problem, world, problem.oracle(world))["accuracy"] == 1
    assert judged(problem, world, problem.floor(world)) == found


@pytest.mark.parametrize(("gate", "opened"), [("xor", {(1, -1), (-1, 1)}), ("and", {(1, 1)})])
def test_gates_open_at_their_corners(gate: str, opened: set) -> None:
    problem = task("noisy_gates", gate=gate)
    world = problem.sample(KEY)
    for points, count in ((world.train, 200), (world.test, 400)):
        corners = [tuple(c) for c in np.sign(np.asarray(points.x)).astype(int)]
        assert all(corners.count(c) == count // 4 for c in itertools.product((-1, 1), repeat=2))
        assert [c in opened for c in corners] == list(np.asarray(points.y) == 1)
        assert np.asarray(points.x - jnp.sign(points.x)).std() == pytest.approx(0.1, rel=0.15)
    right = judged(problem, world, problem.oracle(world))
    assert right["balanced_accuracy"] == 1
    assert judged(problem, world, problem.floor(world))["balanced_accuracy"] == 0.5
    first = SimpleNamespace(
        probability=lambda x: (x[:, 0] > 0).astype(jnp.float32)
    )  # for `and`: 1 of hits, 2/3 rejected
    expected = 0.5 if gate == "xor" else 5 / 6
    assert judged(problem, world, first)["balanced_accuracy"] == pytest.approx(expected)


def test_no_line_is_right_on_more_than_three_clouds() -> None:
    problem = task("noisy_gates")
    test = problem.sample(KEY).test
    x = np.asarray(test.x)
    y = np.asarray(test.y) > 0.5
    best = 0.0
    for angle in np.linspace(0, 2 * np.pi, 73):
        along = x @ [np.cos(angle), np.sin(angle)]
        best = max(best, *(((along > offset) == y).mean() for offset in np.linspace(-2, 2, 81)))
    assert best == 0.75


def test_strings_and_their_sums() -> None:
    problem = task("sparse_sum")
    world = problem.sample(KEY)
    train = world.train
    held = np.flatnonzero(np.asarray(world.support))
    assert len(held) == 4
    np.testing.assert_array_equal(train.labels, np.asarray(train.tokens)[:, held].sum(1) % 3)
    np.testing.assert_array_equal(world.labels, np.asarray(world.tokens)[:, held].sum(1) % 3)
    np.testing.assert_array_equal(train.easy_labels, np.asarray(train.easy)[:, held].sum(1) % 2)
    others = [c for c in itertools.combinations(range(10), 4) if not set(c) & set(held)]
    sums = [np.asarray(train.easy)[:, list(c)].sum(1) % 2 for c in others]
    assert sum((s == np.asarray(train.other_labels)).all() for s in sums) == 1  # four positions, none that counts
    for tokens, count in ((train.tokens, 3), (world.tokens, 3), (train.easy, 2)):
        shares = np.bincount(np.asarray(tokens).ravel(), minlength=count) / tokens.size
        np.testing.assert_allclose(shares, 1 / count, atol=0.02)
    assert not (np.asarray(train.tokens) == np.asarray(world.tokens)).all()
    np.testing.assert_array_equal(sum_module.symbols(jnp.asarray([0.0, 0.33, 0.34, 0.67, 0.999]), 3), [0, 0, 1, 2, 2])


def test_metrics_of_a_sum() -> None:
    problem = task("sparse_sum")
    world = problem.sample(KEY)
    assert judged(problem, world, problem.oracle(world)) == {"test_accuracy": 1, "support_mass": 1, "solved": 1}
    found = judged(problem, world, problem.floor(world))
    assert found["test_accuracy"] == pytest.approx((np.asarray(world.labels) == 0).mean())
    assert found["support_mass"] == pytest.approx(0.4)
    assert found["solved"] == 0


@pytest.mark.parametrize(
    ("stem", "field"), [("unseen_domain", "target"), ("frozen_bit", "target"), ("noisy_gates", "gate")]
)
def test_a_misspelled_knob_is_named(stem: str, field: str) -> None:
    with pytest.raises(UsageError, match=rf"{field} is 'pari'; use one of"):
        assert task(stem, **{field: "pari"}).spec
