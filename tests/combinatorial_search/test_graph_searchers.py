"""Tabu search, its curricula, and the controls."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.combinatorial_search import _flips as flips
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.combinatorial_search import GraphSpec, evaluate_graph

KEY = jax.random.key(17)
NODES = 10


def method(stem: str, nodes: int = NODES, moves: int = 60, **values: Any) -> Any:
    spec = GraphSpec(nodes=nodes, moves=moves)
    return registry.load("methods", f"combinatorial_search/{stem}")(spec=spec, steps=moves, **values)


def searched(learner: Any, key: jax.Array = KEY) -> tuple[Any, Any]:
    """All states of a trial, and all boards, one a move."""

    def move(state: Any, own: jax.Array) -> tuple[Any, Any]:
        board = evaluate_graph(learner.propose(state, own))
        after = learner.update(state, board, own)
        return after, (after, board)

    keys = jax.random.split(key, learner.spec.moves)
    return jax.jit(lambda ks: jax.lax.scan(move, learner.init(KEY), ks)[1])(keys)


def flips_of(boards: Any) -> np.ndarray:
    """How many pairs change from one board to the next, from no edges on."""
    graphs = np.concatenate([np.zeros_like(boards.graph[:1]), boards.graph])
    return np.abs(np.diff(graphs, axis=0)).sum((1, 2)) / 2


def at(graph: np.ndarray, best: float = 99.0) -> flips.Tabu:
    """A search that stands at a graph and has had one of that score."""
    search = flips.empty(len(graph))
    board = evaluate_graph(jnp.asarray(graph))
    return search._replace(board=board, best=board._replace(score=jnp.asarray(best)))


def path(nodes: int) -> np.ndarray:
    """0 - 1 - 2 - ..."""
    return (np.abs(np.subtract.outer(np.arange(nodes), np.arange(nodes))) == 1).astype(np.float32)


def test_a_flip() -> None:
    preference = np.zeros((4, 4), np.float32)
    preference[1, 3] = 2.0
    preference[3, 0] = 9.0  # below the diagonal: not read
    graph = np.asarray(flips.flip(jnp.asarray(path(4)), jnp.asarray(preference)))
    expected = path(4)
    expected[1, 3] = expected[3, 1] = 1
    np.testing.assert_array_equal(graph, expected)
    preference[0, 1] = 3.0
    expected = path(4)
    expected[0, 1] = expected[1, 0] = 0
    np.testing.assert_array_equal(flips.flip(jnp.asarray(path(4)), jnp.asarray(preference)), expected)
    nothing = jnp.full((4, 4), -jnp.inf)
    np.testing.assert_array_equal(flips.flip(jnp.asarray(path(4)), nothing), path(4))


def test_the_best_flip_that_is_free() -> None:
    """On a path of 5 the ends alone can be linked for nothing."""
    everywhere = jnp.ones((5, 5), bool)
    search = at(path(5))
    closed = np.asarray(flips.best_flip(search, everywhere, KEY))
    assert closed[0, 4] == 1 and closed.sum() == 10
    forbidden = jnp.zeros((5, 5)).at[0, 4].set(1.0).at[4, 0].set(1.0)
    tabu = search._replace(until=forbidden)
    assert np.asarray(flips.best_flip(tabu, everywhere, KEY))[0, 4] == 0
    assert np.asarray(flips.best_flip(tabu._replace(move=jnp.asarray(1.0)), everywhere, KEY))[0, 4] == 1
    hopeful = tabu._replace(best=tabu.best._replace(score=jnp.asarray(4.0)))
    assert np.asarray(flips.best_flip(hopeful, everywhere, KEY))[0, 4] == 1, "better than all before"
    same = tabu._replace(best=tabu.best._replace(score=jnp.asarray(5.0)))
    assert np.asarray(flips.best_flip(same, everywhere, KEY))[0, 4] == 0, "as good as before is not enough"
    within = flips.among_first(5, jnp.asarray(4.0))
    assert np.asarray(flips.best_flip(search, within, KEY))[4].sum() == 1


def test_ties_are_broken_at_random() -> None:
    search = flips.empty(4)
    keys = jax.random.split(KEY, 200)
    first = jax.vmap(lambda k: flips.best_flip(search, jnp.ones((4, 4), bool), k))(keys)
    shares = np.asarray(first).mean(0)[np.triu_indices(4, 1)]
    assert shares.sum() == pytest.approx(1) and (shares > 0.08).all()


def test_what_a_search_remembers() -> None:
    search = flips.empty(5)
    one = evaluate_graph(jnp.zeros((5, 5)).at[0, 1].set(1.0).at[1, 0].set(1.0))
    after = flips.follow(search, one, jnp.asarray(3.0))
    assert float(after.move) == float(after.improved) == 1
    assert float(after.best.score) == 1
    np.testing.assert_array_equal(np.argwhere(np.asarray(after.until) > 0), [[0, 1], [1, 0]])
    assert float(after.until[0, 1]) == 4
    worse = flips.follow(after, search.board, jnp.asarray(3.0))
    assert float(worse.best.score) == 1 and float(worse.improved) == 1 and float(worse.move) == 2
    np.testing.assert_array_equal(worse.best.graph, one.graph)
    anew = flips.back_to(worse, one, jnp.asarray(True))
    assert float(anew.until.max()) == 0 and float(anew.move) == 2 and float(anew.board.score) == 1
    kept = flips.back_to(worse, one, jnp.asarray(False))
    assert float(kept.until.max()) == 5 and float(kept.board.score) == 0


def test_stages_of_a_ladder() -> None:
    moves = jnp.arange(14.0)
    np.testing.assert_array_equal(flips.stage(moves, 12.0, 3), [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3])
    assert not np.asarray(flips.stage(moves, 12.0, 0)).any()


def test_a_pair_is_left_alone_for_its_tenure() -> None:
    states, boards = searched(method("tabu", tenure=0.4))
    assert (flips_of(boards) == 1).all()
    graphs = np.concatenate([np.zeros((1, NODES, NODES)), boards.graph])
    changed = np.abs(np.diff(graphs, axis=0)) > 0
    scores = np.asarray(boards.score)
    for move in range(1, 60):
        recent = changed[max(move - 4, 0) : move].any(0)
        if (changed[move] & recent).any():
            assert scores[move] > scores[:move].max()
    assert scores.max() == np.asarray(states.best.score)[-1] >= 14


def test_without_a_ladder_it_is_tabu_bit_for_bit() -> None:
    _, plain = searched(method("tabu", tenure=0.25))
    _, ladder = searched(method("tabu_curriculum", tenure=0.25, share=0.5, ladder=0))
    np.testing.assert_array_equal(plain.graph, ladder.graph)


def test_a_curriculum_grows_from_the_best_graph() -> None:
    learner = method("tabu_curriculum", tenure=0.25, share=0.5, ladder=3)
    states, boards = searched(learner)
    degrees = np.asarray(boards.graph).sum(2)
    for move in range(60):
        size = NODES - 3 + min(move // 10, 3)
        assert (degrees[move, size:] == 0).all()
    assert degrees[-20:, NODES - 1].any()
    scores = np.asarray(boards.score)
    for entry in (10, 20, 30):
        np.testing.assert_array_equal(states.board.graph[entry - 1], states.best.graph[entry - 1])
        assert float(states.board.score[entry - 1]) == scores[:entry].max()
        assert not np.asarray(states.until[entry - 1]).any()


def test_what_is_free_is_a_graph_of_one_node_less() -> None:
    learner = method("tabu_curriculum_free", tenure=0.25, ladder=3)
    start = jax.jit(learner.init)(KEY)
    assert (np.asarray(start.board.graph)[NODES - 1] == 0).all()
    assert float(start.board.score) == float(start.best.score) >= 10  # 12 edges are the most of 9 nodes
    assert not np.asarray(start.until).any()
    other = jax.jit(learner.init)(jax.random.key(1))
    assert (np.asarray(other.board.graph) != np.asarray(start.board.graph)).any()
    _, boards = searched(learner)
    assert float(boards.score.max()) >= 14


def test_restarts() -> None:
    states, boards = searched(method("tabu_restarts", tenure=0.25, patience=1.5))
    edges = np.asarray(boards.graph).sum((1, 2)) / 2
    starts = np.flatnonzero(edges == 1)
    assert starts[0] == 0 and len(starts) > 1
    improved = np.asarray(states.improved)
    for start in starts[1:]:
        assert improved[start - 1] == start, "the patience starts again"
        assert float(states.board.score[start - 1]) == 0
        before = np.asarray(boards.score)[:start]
        assert before[-15:].max() <= before[:-15].max(), "no better graph in 15 moves"
    _, patient = searched(method("tabu_restarts", tenure=0.25, patience=99.0))
    _, plain = searched(method("tabu", tenure=0.25))
    np.testing.assert_array_equal(patient.graph, plain.graph)


def test_annealing_draws_by_metropolis() -> None:
    """On a path of 4: closing a triangle or a square costs nothing, taking an edge costs one."""
    learner = method("annealing", nodes=4, moves=100, hot=0.8, cold=0.8)
    state = learner.init(KEY)._replace(board=evaluate_graph(jnp.asarray(path(4))))
    keys = jax.random.split(KEY, 4000)
    drawn = np.asarray(jax.jit(jax.vmap(lambda k: learner.propose(state, k)))(keys))
    flipped = np.abs(drawn - path(4)).mean(0)
    gains = np.asarray(state.board.gains)
    weights = np.where(np.isfinite(gains), np.minimum(np.exp(gains / 0.8), 1), 0)
    np.testing.assert_allclose(flipped, weights / np.triu(weights).sum(), atol=0.03)


def test_annealing_cools() -> None:
    learner = method("annealing", moves=101, hot=0.9, cold=0.1)
    state = learner.init(KEY)._replace(board=evaluate_graph(jnp.asarray(path(NODES))))
    keys = jax.random.split(KEY, 1000)

    def lost(move: float) -> float:
        now = state._replace(move=jnp.asarray(move))
        drawn = jax.jit(jax.vmap(lambda k: learner.propose(now, k)))(keys)
        return float((np.asarray(drawn).sum((1, 2)) < path(NODES).sum()).mean())

    gains = np.asarray(state.board.gains)[np.triu_indices(NODES, 1)]
    for move, temperature in ((0.0, 0.9), (50.0, 0.3), (100.0, 0.1)):
        weights = np.minimum(np.exp(gains / temperature), 1)
        assert lost(move) == pytest.approx(weights[gains == -1].sum() / weights.sum(), abs=0.05)


def test_greedy_graphs_have_no_short_cycles() -> None:
    _, boards = searched(method("greedy_random"))
    edges = np.asarray(boards.graph).sum((1, 2)) / 2
    np.testing.assert_array_equal(np.asarray(boards.score), edges)
    starts = np.flatnonzero(edges == 1)
    assert len(starts) > 2
    for start in starts[1:]:
        before = np.asarray(boards.gains)[start - 1]
        graph = np.asarray(boards.graph)[start - 1]
        assert not ((before == 1) & (graph == 0)).any(), "it starts again only where nothing can be added"
    assert set(np.diff(edges)[np.diff(edges) > 0]) == {1.0}


@pytest.mark.parametrize("stem", ["tabu", "tabu_curriculum", "tabu_restarts", "annealing"])
def test_searches_beat_a_star(stem: str) -> None:
    learner = method(stem, moves=150)
    _, boards = searched(learner)
    assert float(boards.score.max()) >= NODES + 3
    assert Learner(learner, learner.init(KEY)).propose(KEY).shape == (NODES, NODES)
