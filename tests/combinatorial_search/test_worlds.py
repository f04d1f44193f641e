"""The puzzle, its beam and the scores of graphs, by enumeration and by hand."""

import itertools
from collections import deque
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.errors import UsageError
from toybench.plugins import registry
from toybench.tasks import combinatorial_search as study
from toybench.tasks.combinatorial_search import _beam as beam
from toybench.tasks.combinatorial_search import extremal_graphs as graph_module
from toybench.tasks.combinatorial_search import permutation_puzzle as puzzle_module

KEY = jax.random.key(5)
RNG = np.random.default_rng(2)
Row = tuple[int, ...]


def task(stem: str, **values: Any) -> Any:
    return registry.load("tasks", f"combinatorial_search/{stem}")(**values)


def reached(row: Row) -> list[Row]:
    """Where a shift to the left, one to the right and an exchange of the first two lead."""
    return [(*row[1:], row[0]), (row[-1], *row[:-1]), (row[1], row[0], *row[2:])]


def searched(tiles: int) -> dict[Row, int]:
    """Distances from the goal by a search over tuples."""
    goal = tuple(range(tiles))
    found = {goal: 0}
    queue = deque([goal])
    while queue:
        row = queue.popleft()
        for other in reached(row):
            if other not in found:
                found[other] = found[row] + 1
                queue.append(other)
    return found


def test_moves_and_codes() -> None:
    rows = study.states(5)
    assert rows.shape == (120, 5) and tuple(rows[0]) == (0, 1, 2, 3, 4)
    np.testing.assert_array_equal(study.codes(rows), np.arange(120))
    np.testing.assert_array_equal(jax.jit(study.codes)(rows), np.arange(120))
    onward = study.neighbours(5)
    for code, row in enumerate(rows):
        assert [tuple(rows[other]) for other in onward[code]] == reached(tuple(row))
        assert [onward[onward[code, move], study.INVERSE[move]] for move in range(3)] == [code] * 3


@pytest.mark.parametrize("tiles", [3, 5])
def test_distances(tiles: int) -> None:
    found = searched(tiles)
    expected = [found[tuple(row)] for row in study.states(tiles)]
    np.testing.assert_array_equal(puzzle_module.distances(tiles), expected)


def test_eight_tiles_are_as_far_as_is_known() -> None:
    distance = puzzle_module.distances(8)
    assert distance.max() == 28
    assert distance.mean() == pytest.approx(16.915, abs=1e-3)
    assert (np.bincount(distance)[:4] == [1, 3, 6, 12]).all()


def test_bidirectional_search_by_two_frontiers() -> None:
    """Level by level from both ends, all of the last level but one state left out."""
    goal = tuple(range(5))
    least = puzzle_module.bidirectional(5)
    for row, distance in searched(5).items():
        code = int(study.codes(np.array([row], np.int32))[0])
        sides = [({row}, {row}), ({goal}, {goal})]
        looked = 0
        for step in range(distance):
            seen, front = sides[step % 2]
            last = step == distance - 1
            looked += 1 if last else len(front)
            following = {other for state in front for other in reached(state)} - seen
            sides[step % 2] = (seen | following, following)
        assert bool(sides[0][0] & sides[1][0])
        assert least[code] <= looked, "the formula never counts more than a search needs"
        if distance % 2 or distance == 0:
            assert least[code] == (looked if distance else 0)


def plain_beam(order: np.ndarray, start: int, width: int, rounds: int) -> tuple[int, int]:
    """The same beam over sets: its solution's length, and from how many states it looked."""
    rank = np.argsort(order)
    onward = study.neighbours(5)
    front = [start]
    been = {start}
    looked = 0
    for step in range(1, rounds + 1):
        looked += len(front)
        found = {int(other) for code in front for other in onward[code]}
        if 0 in found:
            return step, looked
        front = sorted(found - been, key=lambda code: rank[code])[:width]
        been |= set(front)
    return 0, looked


@pytest.mark.parametrize("width", [1, 3, 40])
def test_the_beam_is_a_plain_one(width: int) -> None:
    starts = np.array([1, 7, 44, 90, 119], np.int32)
    for _ in range(3):
        order = RNG.permutation(120).astype(np.int32)
        onward = jnp.asarray(study.neighbours(5))
        found = beam.search(jnp.asarray(order), onward, jnp.asarray(starts), width, 12)
        expected = [plain_beam(order, int(start), width, 12) for start in starts]
        np.testing.assert_array_equal(found.length, [length for length, _ in expected])
        np.testing.assert_array_equal(found.expanded, [looked for _, looked in expected])


def judged(problem: Any, world: Any, learner: Any) -> dict[str, float]:
    found = jax.jit(lambda w: problem.evaluate(w, KEY, learner))(world)
    return {name: float(value) for name, value in found.items()}


def test_references_of_the_puzzle() -> None:
    problem = task("permutation_puzzle", tiles=6)
    world = problem.sample(KEY)
    assert int(world.starts.min()) >= 1 and int(world.starts.max()) < 720
    exact = judged(problem, world, problem.oracle(world))
    for name in ("optimality_rate", "solve_rate", "optimality_narrow", "optimality_wide", "distance_correlation"):
        assert exact[name] == pytest.approx(1.0, abs=1e-5)
    assert exact["mean_excess"] == exact["gain_to_usual"] == exact["gain_to_wide"] == 0
    blind = judged(problem, world, problem.floor(world))
    assert blind["optimality_rate"] < 0.3 and blind["distance_correlation"] == 0
    assert blind["mean_excess"] > 1
    far = puzzle_module.distances(6)
    least = puzzle_module.bidirectional(6)[np.asarray(world.starts)]
    wrong = judged(problem, world, SimpleNamespace(rank=lambda rows: -jnp.asarray(far, jnp.float32)[study.codes(rows)]))
    assert wrong["distance_correlation"] == pytest.approx(-1.0, abs=1e-5)
    assert wrong["expanded_share"] == pytest.approx(wrong["expanded"] / least.mean(), rel=1e-5)
    unsolved = (1 - wrong["solve_rate"]) * 2 * far.max()
    assert wrong["mean_excess"] >= unsolved - 1e-3 and wrong["solve_rate"] < 1


def counted(graph: np.ndarray) -> int:
    """Edges - triangles - 4-cycles by looking at all of them."""
    nodes = range(len(graph))
    edges = sum(graph[a, b] for a, b in itertools.combinations(nodes, 2))
    triangles = sum(graph[a, b] * graph[b, c] * graph[c, a] for a, b, c in itertools.combinations(nodes, 3))
    squares = 0
    for a, b, c, d in itertools.combinations(nodes, 4):
        for w, x, y, z in ((a, b, c, d), (a, b, d, c), (a, c, b, d)):
            squares += graph[w, x] * graph[x, y] * graph[y, z] * graph[z, w]
    return int(edges - triangles - squares)


def drawn(nodes: int, share: float) -> np.ndarray:
    """A random graph."""
    upper = np.triu(RNG.random((nodes, nodes)) < share, 1)
    return (upper | upper.T).astype(np.float32)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_scores_and_gains_are_counts(share: float) -> None:
    graph = drawn(8, share)
    board = study.evaluate_graph(jnp.asarray(graph))
    assert float(board.score) == counted(graph)
    for a, b in itertools.combinations(range(8), 2):
        other = graph.copy()
        other[a, b] = other[b, a] = 1 - graph[a, b]
        assert float(board.gains[a, b]) == float(board.gains[b, a]) == counted(other) - counted(graph)
    assert (np.diag(board.gains) == -np.inf).all()


def test_the_best_score_is_the_most_edges() -> None:
    """Over all graphs of 5 nodes."""
    pairs = list(itertools.combinations(range(5), 2))
    best = 0
    for edges in itertools.product((0.0, 1.0), repeat=len(pairs)):
        graph = np.zeros((5, 5), np.float32)
        for (a, b), edge in zip(pairs, edges, strict=True):
            graph[a, b] = graph[b, a] = edge
        best = max(best, counted(graph))
    assert best == task("extremal_graphs", nodes=5).most == 5
    assert len(graph_module.MOST) == 52
    assert [graph_module.MOST[n - 1] for n in (10, 32, 40, 48, 50)] == [15, 85, 120, 162, 175]


def petersen() -> np.ndarray:
    """The best graph of 10 nodes: pairs of 5 that are disjoint."""
    pairs = list(itertools.combinations(range(5), 2))
    return np.array([[float(not set(a) & set(b)) for b in pairs] for a in pairs], np.float32)


def test_moves_are_paid_for() -> None:
    problem = task("extremal_graphs", nodes=10, steps=4)
    world = problem.sample(KEY)
    worse = petersen()
    worse[0] = worse[:, 0] = 0
    shown: list[np.ndarray] = [worse, petersen(), worse]
    for graph in shown:
        learner = SimpleNamespace(propose=lambda key, graph=graph: jnp.asarray(graph))
        world, board = problem.draw(world, KEY, learner)
        assert float(board.score) == counted(graph)
    found = {name: float(value) for name, value in problem.evaluate(world, KEY, SimpleNamespace()).items()}
    assert found == {"best_score": 15.0, "moves_to_near": 2.0, "reached_most": 1.0}
    assert float(world.made) == 3
    floor = problem.evaluate(world, KEY, problem.floor(world))
    assert 9 <= float(floor["best_score"]) <= 15
    oracle = problem.evaluate(world, KEY, problem.oracle(problem.sample(KEY)))
    assert {name: float(value) for name, value in oracle.items()} == {
        "best_score": 15.0,
        "moves_to_near": 1.0,
        "reached_most": 1.0,
    }


def test_a_random_maximal_graph() -> None:
    """Pairs are taken one by one in their order, where they close no short cycle."""
    for _ in range(3):
        order = RNG.random((9, 9)).astype(np.float32)
        found = np.asarray(graph_module.random_maximal(jnp.asarray(order), 12))
        expected = np.zeros((9, 9), np.float32)
        edges = 0
        for a, b in sorted(itertools.combinations(range(9), 2), key=lambda pair: -order[pair]):
            expected[a, b] = expected[b, a] = 1
            if counted(expected) == edges + 1:
                edges += 1
            else:
                expected[a, b] = expected[b, a] = 0
        np.testing.assert_array_equal(found, expected)


def test_nobody_knows_the_best_of_53() -> None:
    with pytest.raises(UsageError, match="nodes is 53; use a number from 1 to 52"):
        assert task("extremal_graphs", nodes=53).spec
