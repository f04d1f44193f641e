"""Paths and their edits by enumeration, advisers by their laws."""

import itertools
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import gridworld
from toybench.methods.recourse.conditioned_individual import ConditionedIndividual, conditioned
from toybench.methods.recourse.late_turn import LateTurn
from toybench.methods.recourse.personal_recourse import PersonalRecourse, prices
from toybench.protocol import Learner
from toybench.tasks.recourse import Case, edit_distance, log_likelihood, walk
from toybench.tasks.recourse.path_recourse import FAR, PathRecourse, likeliest

KEY = jax.random.key(5)
TASK = PathRecourse(individuals=16)
WORLD = jax.jit(TASK.sample)(KEY)
GIVEN = TASK.given(WORLD)
SMALL = PathRecourse(side=3, length=4)
PATHS = np.array(list(itertools.product(range(gridworld.ACTIONS), repeat=4)), np.int32)


def small_case(seed: int) -> Case:
    """An individual on 3 x 3 cells with 4 moves, whose goal is 2 moves away."""
    draws = np.random.default_rng(seed)
    policy = draws.dirichlet(np.full(gridworld.ACTIONS, 0.7), size=(4, 9)).astype(np.float32)
    original = draws.integers(gridworld.ACTIONS, size=4).astype(np.int32)
    return Case(policy=jnp.asarray(policy), start=jnp.int32(0), original=jnp.asarray(original), goal=jnp.int32(4))


def levenshtein(first: Any, second: Any) -> int:
    """By the textbook's table."""
    table = np.zeros((len(first) + 1, len(second) + 1), int)
    table[:, 0] = np.arange(len(first) + 1)
    table[0] = np.arange(len(second) + 1)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            table[i + 1, j + 1] = min(table[i, j] + (a != b), table[i, j + 1] + 1, table[i + 1, j] + 1)
    return int(table[-1, -1])


def enumerated(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log chances, edits and whether the goal is reached, of all 625 paths."""
    following = SMALL.following()
    policy = np.asarray(case.policy, np.float64)

    def cells(moves: Any) -> list[int]:
        here = [0]
        for move in moves:
            here.append(int(following[here[-1], move]))
        return here

    ways = [cells(moves) for moves in PATHS]
    old = cells(np.asarray(case.original))[1:]
    logs = [
        sum(np.log(policy[t, way[t], m]) for t, m in enumerate(moves)) for moves, way in zip(PATHS, ways, strict=True)
    ]
    edits = [levenshtein(old, way[1:]) for way in ways]
    return np.array(logs), np.array(edits), np.array([way[-1] == 4 for way in ways])


def number_of(moves: Any) -> int:
    """Which of the enumerated paths it is."""
    return int(np.dot(np.asarray(moves), gridworld.ACTIONS ** np.arange(4)[::-1]))


def bound(method: Any, task: PathRecourse = TASK) -> Any:
    return replace(method, spec=task.spec, given=jnp.asarray(task.following()))


def advised(method: Any) -> tuple[np.ndarray, np.ndarray]:
    """Paths of all individuals, and their cells."""
    paths = jax.jit(jax.vmap(lambda case, key: method.path((), case, key)))(WORLD.cases, jax.random.split(KEY, 16))
    cells = jax.vmap(lambda case, path: walk(GIVEN, case.start, path)[1])(WORLD.cases, paths)
    return np.asarray(paths), np.asarray(cells)


def test_goals_are_far_and_missed() -> None:
    cases = WORLD.cases
    distance = np.asarray(gridworld.distances(GIVEN))[np.asarray(cases.start), np.asarray(cases.goal)]
    assert distance.min() >= FAR and distance.max() > FAR
    cells = jax.vmap(lambda case: walk(GIVEN, case.start, case.original)[1])(cases)
    assert (np.asarray(cells)[:, -1] != np.asarray(cases.goal)).all()
    np.testing.assert_allclose(cases.policy.sum(-1), 1.0, atol=1e-5)


def test_paths_of_an_individual_are_as_likely_as_their_worth_says() -> None:
    worth = jax.random.normal(KEY, (9,))
    task = replace(SMALL, temperature=0.7)
    policy = task.liked(worth)
    following = jnp.asarray(task.following())
    before, after = jax.vmap(lambda moves: walk(following, jnp.int32(2), moves))(jnp.asarray(PATHS))
    found = jax.vmap(lambda b, m: log_likelihood(policy, b, m))(before, jnp.asarray(PATHS))
    np.testing.assert_allclose(found, jax.nn.log_softmax(worth[after].sum(1) / 0.7), atol=1e-4)


def test_original_moves_are_drawn_from_the_policy() -> None:
    task = replace(TASK, individuals=500)
    cases = jax.jit(task.sample)(KEY).cases
    before, _ = jax.vmap(lambda case: walk(GIVEN, case.start, case.original))(cases)
    rows = np.arange(500)[:, None]
    laws = np.asarray(cases.policy)[rows, np.arange(14)[None, :], np.asarray(before)]
    chance = laws[rows, np.arange(14)[None, :], np.asarray(cases.original)]
    assert np.log(chance).mean() == pytest.approx((laws * np.log(laws)).sum(-1).mean(), abs=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_edit_distance_is_that_of_the_textbook(seed: int) -> None:
    draws = np.random.default_rng(seed)
    first, second = draws.integers(4, size=9), draws.integers(4, size=6)
    found = edit_distance(jnp.asarray(first), jnp.asarray(second))
    assert float(found) == levenshtein(first, second)


def test_prices_of_edits_add_up_to_the_distance() -> None:
    draws = np.random.default_rng(2)
    old, new = draws.integers(5, size=8), draws.integers(5, size=8)
    price = np.asarray(prices(jnp.asarray(old), 5, 2.0))
    spent = np.where(np.arange(9) == 0, 0.0, np.inf)
    for cell in new:
        spent = (spent[:, None] + price[cell]).min(0)
    assert (spent + 2.0 * np.arange(9)[::-1]).min() == 2.0 * levenshtein(old, new)


@pytest.mark.parametrize("seed", range(3))
def test_the_oracle_is_the_likeliest_path_to_the_goal(seed: int) -> None:
    case = small_case(seed)
    logs, _, reached = enumerated(case)
    found = number_of(likeliest(jnp.asarray(SMALL.following()), case))
    assert reached[found]
    assert logs[found] == pytest.approx(logs[reached].max(), abs=1e-5)


@pytest.mark.parametrize(("similarity", "personal"), [(1.0, 1.0), (3.0, 0.3), (0.4, 1.0), (1.0, 0.0)])
def test_a_cold_plan_is_the_best_of_all_paths(similarity: float, personal: float) -> None:
    method = bound(PersonalRecourse(similarity=similarity, personal=personal, temperature=1e-3), SMALL)
    for seed in range(3):
        case = small_case(seed)
        logs, edits, reached = enumerated(case)
        worth = personal * logs - similarity * edits
        found = number_of(method.path((), case, KEY))
        assert reached[found]
        assert worth[found] == pytest.approx(worth[reached].max(), abs=2e-2)


def test_without_similarity_at_temperature_1_the_plan_is_the_conditioned_individual() -> None:
    case = small_case(0)
    q = bound(PersonalRecourse(similarity=0.0, temperature=1.0), SMALL).plan(case)[1][1]
    wanted = conditioned(jnp.asarray(SMALL.following()), case)
    found = jax.nn.softmax(q[..., 0], axis=-1)
    near = np.asarray(gridworld.distances(jnp.asarray(SMALL.following())))[:, 4]
    for t in range(4):
        np.testing.assert_allclose(found[t][near <= 4 - t], jax.nn.softmax(wanted[t])[near <= 4 - t], atol=1e-4)


def test_conditioned_draws_have_the_law_of_paths_that_end_in_the_goal() -> None:
    case = small_case(1)
    logs, _, reached = enumerated(case)
    method = bound(ConditionedIndividual(), SMALL)
    draws = jax.vmap(lambda key: method.path((), case, key))(jax.random.split(KEY, 4000))
    numbers = np.array([number_of(moves) for moves in np.asarray(draws)])
    assert reached[numbers].all()
    chance = np.where(reached, np.exp(logs), 0.0)
    share = np.bincount(numbers, minlength=625) / 4000
    assert np.abs(share - chance / chance.sum()).sum() < 0.15


def test_the_best_of_many_draws_is_the_best_path() -> None:
    for seed in range(3):
        case = small_case(seed)
        logs, edits, reached = enumerated(case)
        found = number_of(bound(ConditionedIndividual(draws=3000), SMALL).path((), case, KEY))
        assert (logs - edits)[found] == pytest.approx((logs - edits)[reached].max(), abs=0.2)


def test_late_turn_keeps_a_path_that_reaches_the_goal() -> None:
    method = bound(LateTurn())
    for i in range(4):
        case = jax.tree.map(lambda x, i=i: x[i], WORLD.cases)
        _, after = walk(GIVEN, case.start, case.original)
        np.testing.assert_array_equal(method.path((), case._replace(goal=after[-1]), KEY), case.original)


def test_late_turn_keeps_the_longest_beginning_from_which_the_goal_can_be_reached() -> None:
    paths, cells = advised(bound(LateTurn()))
    distance = np.asarray(gridworld.distances(GIVEN))
    original = np.asarray(WORLD.cases.original)
    for i, goal in enumerate(np.asarray(WORLD.cases.goal)):
        assert cells[i, -1] == goal
        kept = int((paths[i] == original[i]).cumprod().sum())
        here = int(np.asarray(WORLD.cases.start)[i]) if kept == 0 else int(cells[i, kept - 1])
        old = int(np.asarray(GIVEN)[here, original[i, kept]])
        assert distance[old, goal] > 14 - kept - 1


def test_measures_are_those_of_the_paths() -> None:
    method = bound(ConditionedIndividual())
    found = TASK.evaluate(WORLD, KEY, Learner(method, ()))
    paths, cells = advised(method)
    starts = np.asarray(WORLD.cases.start)
    before = np.concatenate([starts[:, None], cells[:, :-1]], axis=1)
    policy = np.asarray(WORLD.cases.policy)
    original = np.asarray(jax.vmap(lambda case: walk(GIVEN, case.start, case.original)[1])(WORLD.cases))
    steps = np.arange(14)
    own = [np.log(policy[i, steps, before[i], paths[i]]).mean() for i in range(16)]
    mistaken = WORLD.cases._replace(policy=jnp.roll(WORLD.cases.policy, 1, axis=0))
    keys = jax.random.split(KEY, 16)
    others = np.asarray(jax.vmap(lambda case, key: method.path((), case, key))(mistaken, keys))
    places = np.asarray(jax.vmap(lambda case, path: walk(GIVEN, case.start, path)[0])(WORLD.cases, others))
    other = [np.log(policy[i, steps, places[i], others[i]]).mean() for i in range(16)]
    edits = [levenshtein(original[i], cells[i]) / 14 for i in range(16)]
    assert float(found["log_likelihood"]) == pytest.approx(np.mean(own), abs=1e-4)
    assert float(found["own_advantage"]) == pytest.approx(np.mean(own) - np.mean(other), abs=1e-4)
    assert float(found["edit_distance"]) == pytest.approx(np.mean(edits), abs=1e-4)
    assert float(found["combined"]) == pytest.approx(np.mean(own) - np.mean(edits), abs=1e-4)
    assert float(found["goal_rate"]) == 1.0
    kept = TASK.evaluate(WORLD, KEY, SimpleNamespace(path=lambda case, _: case.original))
    assert float(kept["goal_rate"]) == float(kept["edit_distance"]) == float(kept["own_advantage"]) == 0.0


def test_each_reward_gets_what_it_pays_for() -> None:
    plain, near, likely = (
        TASK.evaluate(WORLD, KEY, Learner(bound(PersonalRecourse(similarity=s, personal=p)), ()))
        for s, p in ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
    )
    assert float(near["edit_distance"]) < float(plain["edit_distance"]) - 0.3
    assert float(likely["log_likelihood"]) > float(near["log_likelihood"]) + 0.2
    assert float(likely["edit_distance"]) < float(plain["edit_distance"]) - 0.3
    assert [float(found["goal_rate"]) for found in (plain, near, likely)] == [1.0] * 3
    assert abs(float(near["own_advantage"])) < 1e-6 < 0.3 < float(likely["own_advantage"])


def test_no_weight_loses_the_goal() -> None:
    for similarity, personal in ((30.0, 1.0), (0.0, 10.0)):
        method = bound(PersonalRecourse(similarity=similarity, personal=personal))
        _, cells = advised(method)
        np.testing.assert_array_equal(cells[:, -1], WORLD.cases.goal)
