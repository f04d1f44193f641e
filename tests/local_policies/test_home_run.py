"""Mazes, walks, what is remembered, and the way home."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import gridworld
from toybench.methods.local_policies import imagined_edges
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.local_policies import MazeSpec, Memory, beside, either_way, inside, two_way
from toybench.tasks.local_policies import home_run as homes

KEY = jax.random.key(11)
TASK = registry.load("tasks", "local_policies/home_run")(walks=12, lessons=16)
WORLD = jax.jit(TASK.sample)(KEY)
OFFSETS = np.array([-9, 9, -1, 1])


def method(stem: str, **values: Any) -> Any:
    kind = registry.load("methods", f"local_policies/{stem}")
    return kind(spec=TASK.spec, given=WORLD.train, steps=400, **values)


def judged(learner: Any) -> dict[str, float]:
    return {k: float(v) for k, v in TASK.evaluate(WORLD, KEY, learner).items()}


def closed_board(*steps: tuple[int, int, int]) -> jax.Array:
    """A 3 x 3 board on which these steps (way, row, column) alone are open, in both directions."""
    board = np.zeros((4, 3, 3), bool)
    for way, row, column in steps:
        board[way, row, column] = True
    return either_way(jnp.asarray(board))


RING = closed_board(
    (3, 0, 0), (3, 0, 1), (1, 0, 2), (1, 1, 2), (2, 2, 2), (2, 2, 1), (0, 2, 0), (0, 1, 0)
)  # all cells but the middle one, in a ring


def test_steps_beside_and_both_ways() -> None:
    x = jnp.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(beside(x, 0, -1.0), [[-1, -1, -1], [0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(beside(x, 3, -1.0), [[1, 2, -1], [4, 5, -1], [7, 8, -1]])
    assert int(inside(3).sum()) == 24
    one = closed_board((1, 0, 1))
    assert int(one.sum()) == 2 and bool(one[1, 0, 1]) and bool(one[0, 1, 1])
    down_right = jnp.zeros((2, 3, 3), bool).at[0, 0, 1].set(True).at[1, 2, 0].set(True)
    np.testing.assert_array_equal(two_way(down_right), closed_board((1, 0, 1), (3, 2, 0)))


def test_mazes_are_trees_with_loops() -> None:
    truth = np.asarray(WORLD.train.truth)
    assert (truth == np.asarray(either_way(WORLD.train.truth))).all()
    assert not (truth & ~np.asarray(inside(9))).any()
    rest = np.asarray(jax.vmap(homes.distances)(WORLD.train.truth, jnp.zeros(16, jnp.int32)))
    assert np.isfinite(rest).all()
    loops = truth.sum((1, 2, 3)) / 2 - 80
    assert loops.mean() == pytest.approx(TASK.loops * 64, rel=0.25)


def test_distances_are_the_blocks() -> None:
    truth = WORLD.test.truth[0]
    cells = np.arange(81)
    free = np.asarray(truth).reshape(4, 81)
    following = np.where(free, cells[None] + OFFSETS[:, None], cells[None]).T
    known = gridworld.distances(jnp.asarray(following, jnp.int32))
    np.testing.assert_array_equal(homes.distances(truth, jnp.asarray(40))[:], known[:, 40])


def test_walks_turn_back_in_dead_ends_only() -> None:
    turns = jax.random.uniform(KEY, (60, 4))
    truth = WORLD.test.truth[1]
    path = np.asarray(homes.wander(truth, jnp.asarray(40, jnp.int32), turns))
    free = np.asarray(truth).reshape(4, 81)
    assert path[0] == 40 and len(path) == 61
    for before, here, after in zip(path[:-2], path[1:-1], path[2:], strict=True):
        way = list(OFFSETS).index(after - here)
        assert free[way, here]
        if after == before:
            assert free[:, here].sum() == 1
    dead_end = closed_board((3, 0, 0))
    np.testing.assert_array_equal(homes.wander(dead_end, jnp.asarray(0, jnp.int32), turns[:3]), [0, 1, 0, 1])


def test_a_path_in_a_ring_by_hand() -> None:
    path = jnp.asarray([0, 1, 2, 1, 0, 3], jnp.int32)
    np.testing.assert_array_equal(homes.walked(path, 3), closed_board((3, 0, 0), (3, 0, 1), (1, 0, 0)))
    back = np.zeros((4, 3, 3), bool)
    back[2, 0, 1] = back[2, 0, 2] = back[0, 1, 0] = True
    np.testing.assert_array_equal(homes.entered(path, 3), back)


def test_what_is_seen_without_mistakes() -> None:
    task = registry.load("tasks", "local_policies/home_run")(side=3, reach=1)
    path = jnp.asarray([0, 1], jnp.int32)
    memory = task.remember(RING, path, jnp.ones((2, 2, 3, 3)))
    seen = np.asarray(memory.opened + memory.closed)
    assert seen[3, 0, 0] == 2 and seen[3, 0, 1] == 1 and seen[1, 0, 0] == 2  # (0, 2) is near the second cell only
    assert seen[1, 1].sum() == 0 and seen[:, 2].sum() == 0  # the last row is out of sight
    np.testing.assert_array_equal(memory.opened > 0, (seen > 0) & np.asarray(RING))
    wrong = task.remember(RING, path, jnp.zeros((2, 2, 3, 3)))
    np.testing.assert_array_equal(wrong.opened, memory.closed)
    np.testing.assert_array_equal(wrong.closed, memory.opened)


def test_flips_come_at_their_rate() -> None:
    memory = WORLD.train.memory
    truth = np.asarray(WORLD.train.truth)
    right = np.where(truth, memory.opened, memory.closed).sum()
    total = (np.asarray(memory.opened) + np.asarray(memory.closed)).sum()
    assert 1 - right / total == pytest.approx(TASK.flips, abs=0.02)


def go(held: jax.Array, home: int, end: int, trodden: jax.Array | None = None) -> homes.Walker:
    known = jnp.zeros_like(held) if trodden is None else trodden
    walk = jax.jit(homes.go_home)
    return walk(RING, known, held, jnp.asarray(home, jnp.int32), jnp.asarray(end, jnp.int32))


def test_ways_home_by_hand() -> None:
    """The ring is open; a map with the middle row beside it is tried, found closed, and left."""
    assert [int(x) for x in go(RING, 3, 5)[1:4]] == [4, 0, 0]
    through = RING | closed_board((3, 1, 0), (3, 1, 1))
    found = go(through, 3, 5)
    assert [int(x) for x in found[1:4]] == [5, 1, 0]
    assert not bool(found.held[3, 4])  # the step from the right into the middle is closed in both directions
    half = closed_board((0, 1, 2), (2, 0, 2), (2, 0, 1), (1, 0, 0))
    walker = go(half | closed_board((2, 1, 2), (2, 1, 1)), 3, 5, trodden=closed_board((0, 1, 2)))
    assert [int(x) for x in walker[1:4]] == [5, 1, 1]
    assert [int(x) for x in go(RING, 3, 3)[1:4]] == [0, 0, 0]


def test_references() -> None:
    best = judged(TASK.oracle(WORLD))
    assert best["home_ratio"] == pytest.approx(1.0) and best["blocked_rate"] == 0
    floor = judged(TASK.floor(WORLD))
    assert floor["home_ratio"] > 1.2 and floor["blocked_rate"] == 0 and floor["overlap_with_entry"] == 1


def test_ratio_by_another_search() -> None:
    """Nothing is blocked on the visited map, so that its ways are the shortest ones on it."""
    following = []
    for held in (np.asarray(WORLD.test.memory.walked), np.asarray(WORLD.test.truth)):
        cells = np.arange(81)
        there = np.where(held.reshape(12, 4, 81), cells + OFFSETS[:, None], cells).swapaxes(1, 2)
        rest = jax.vmap(gridworld.distances)(jnp.asarray(there, jnp.int32))
        following.append(float(rest[np.arange(12), np.asarray(WORLD.end), np.asarray(WORLD.home)].sum()))
    found = judged(Learner(method("visited_map"), ()))
    assert found["home_ratio"] == pytest.approx(following[0] / following[1], rel=1e-6)
    assert found["overlap_with_entry"] == 1 and found["blocked_rate"] == 0


def votes(opened: float, closed: float) -> Memory:
    """A memory of one walk on a 9 x 9 board with these votes everywhere, and one step walked."""
    none = jnp.zeros((1, 4, 9, 9), bool)
    full = jnp.ones((1, 4, 9, 9))
    step = none.at[0, 1, 0, 0].set(True).at[0, 0, 1, 0].set(True)
    return Memory(opened=opened * full, closed=closed * full, walked=step, entered=none)


@pytest.mark.parametrize(
    ("opened", "closed", "assumed", "voted"),
    [(0, 0, True, False), (1, 1, True, False), (2, 1, True, True), (1, 2, False, False)],
)
def test_rules_by_hand(opened: float, closed: float, assumed: bool, voted: bool) -> None:
    memory = votes(opened, closed)
    board = np.asarray(inside(9))[None]
    for stem, there in (("free_space_assumption", assumed), ("last_view_vote", voted)):
        expected = (board & there) | np.asarray(memory.walked)
        np.testing.assert_array_equal(method(stem).draw_map((), memory), expected)
    np.testing.assert_array_equal(method("visited_map").draw_map((), memory), memory.walked)


def test_a_vote_with_a_margin() -> None:
    """One vote less is the free-space assumption; two votes more ask for three."""
    memory = WORLD.test.memory
    assumed = method("free_space_assumption").draw_map((), memory)
    np.testing.assert_array_equal(method("last_view_vote", margin=-1.0).draw_map((), memory), assumed)
    drawn = method("last_view_vote", margin=2.0).draw_map((), memory)
    ahead = (np.asarray(memory.opened) - np.asarray(memory.closed) >= 3) & np.asarray(inside(9))[None]
    np.testing.assert_array_equal(drawn, ahead | np.asarray(memory.walked))


def test_a_threshold_of_one_leaves_the_visited_map_and_none_all_steps() -> None:
    memory = WORLD.test.memory
    state = method("imagined_edges").init(KEY)
    np.testing.assert_array_equal(method("imagined_edges", threshold=1.0).draw_map(state, memory), memory.walked)
    everything = jnp.broadcast_to(inside(9)[None], memory.walked.shape)
    np.testing.assert_array_equal(method("imagined_edges", threshold=0.0).draw_map(state, memory), everything)


def test_the_truth_in_place_of_a_network_is_the_oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sure:
        def apply(self, params: Any, inputs: jax.Array) -> jax.Array:
            return jnp.where(imagined_edges.both(WORLD.test.truth), 9.0, -9.0)

    monkeypatch.setattr(imagined_edges.ImaginedEdges, "network", lambda self: Sure())
    drawn = method("imagined_edges").draw_map(imagined_edges.State(params=(), moments=()), WORLD.test.memory)
    np.testing.assert_array_equal(drawn, WORLD.test.truth)


def test_features_by_hand() -> None:
    memory = Memory(
        opened=jnp.zeros((1, 4, 9, 9)).at[0, 1, 4, 5].set(2.0),
        closed=jnp.zeros((1, 4, 9, 9)).at[0, 3, 3, 4].set(7.0),
        walked=jnp.zeros((1, 4, 9, 9), bool).at[0, 1, 5, 3].set(True),
        entered=jnp.zeros((1, 4, 9, 9), bool),
    )
    found = np.asarray(imagined_edges.features(memory)).reshape(9, 9, 4, 3, 3)
    down, right, known_down, known_right = found[4, 4]
    np.testing.assert_allclose(down, np.array([[0, 0, 0], [0, 0, 2 / 3], [1, 0, 0]]), rtol=1e-6)
    np.testing.assert_allclose(right, [[0, -1, 0], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(known_down, [[0, 0, 0], [0, 0, 1], [0, 0, 0]])
    np.testing.assert_allclose(known_right, [[0, 1, 0], [0, 0, 0], [0, 0, 0]])
    corner = found[8, 8]
    np.testing.assert_allclose(corner[0], [[0, 0, -1], [-1, -1, -1], [-1, -1, -1]])
    np.testing.assert_allclose(corner[1], [[0, -1, -1], [0, -1, -1], [-1, -1, -1]])
    np.testing.assert_allclose(corner[2], [[0, 0, 1], [1, 1, 1], [1, 1, 1]])


def test_a_step_of_the_network_is_adams() -> None:
    learner = method("imagined_edges", lr=0.003)
    state = learner.init(KEY)
    after = jax.jit(learner.update)(state, (), KEY)
    rows = np.floor(16 * np.asarray(jax.random.uniform(KEY, (16,)))).astype(int)
    lessons = jax.tree.map(lambda x: x[rows], WORLD.train)

    def error(params: Any) -> jax.Array:
        logits = learner.network().apply(params, imagined_edges.features(lessons.memory))
        down = jax.nn.log_sigmoid(jnp.where(lessons.truth[:, 1], 1, -1) * logits[..., 0])[:, :8]
        right = jax.nn.log_sigmoid(jnp.where(lessons.truth[:, 3], 1, -1) * logits[..., 1])[:, :, :8]
        return -(down.sum() + right.sum()) / (16 * 144)

    gradients = jax.jit(jax.grad(error))(state.params)
    for g, a, b in zip(*map(jax.tree.leaves, (gradients, state.params, after.params)), strict=True):
        large = np.abs(g) > 1e-5
        np.testing.assert_allclose((b - a)[large], -0.003 * np.sign(g)[large], rtol=1e-2, atol=1e-6)


def test_the_network_learns_what_is_open() -> None:
    learner = method("imagined_edges", lr=0.01)
    update = jax.jit(learner.update)
    state = learner.init(KEY)
    for step in range(150):
        state = update(state, (), jax.random.fold_in(KEY, step))
    logits = learner.network().apply(state.params, imagined_edges.features(WORLD.test.memory))
    board = np.asarray(jnp.broadcast_to(imagined_edges.both(inside(9)[None]), logits.shape))
    right = (np.asarray(logits) > 0) == np.asarray(imagined_edges.both(WORLD.test.truth))
    assert right[board].mean() > 0.8


def test_the_spec_says_how_many_walks() -> None:
    assert TASK.spec == MazeSpec(side=9, walks=16)
