"""The worlds of instructed_agents: maps, layouts, demonstrations, the encoder and what is held out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.sparse.csgraph import shortest_path

from toybench.errors import UsageError
from toybench.plugins import registry
from toybench.tasks import instructed_agents as page
from toybench.tasks.instructed_agents.instruction_grids import held_out_pairs, meant_pairs

KEY = jax.random.key(4)
Grids = registry.load("tasks", "instructed_agents/instruction_grids")


@pytest.fixture(scope="module")
def corner():
    grid = Grids(confounded=0.9, tests=16)
    return grid, jax.tree.map(np.asarray, jax.jit(grid.sample)(KEY))


@pytest.fixture(scope="module")
def corridor():
    grid = Grids(confounded=0.5, place="corridor", tests=64)
    return grid, jax.tree.map(np.asarray, jax.jit(grid.sample)(KEY))


def distances(free: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Least moves [S, S] by SciPy."""
    number = np.arange(rows * columns).reshape(rows, columns)
    graph = np.zeros((rows * columns, rows * columns))
    for one, other in ((number[1:], number[:-1]), (number[:, 1:], number[:, :-1])):
        both = (free[one.ravel()] > 0) & (free[other.ravel()] > 0)
        graph[one.ravel()[both], other.ravel()[both]] = 1
    return shortest_path(graph, directed=False)


@pytest.mark.parametrize(("world", "walls", "far"), [("corner", 8, 10), ("corridor", 0, 16)])
def test_maps_are_whole_and_layouts_are_fair(world: str, walls: int, far: int, request) -> None:
    grid, sampled = request.getfixturevalue(world)
    shown = sampled.given.demonstrations
    for scenes, goal in ((shown.scenes, shown.goal), (sampled.tests, sampled.goal)):
        for i in range(len(goal)):
            free = scenes.free[i] > 0
            apart = distances(scenes.free[i], grid.spec.rows, grid.spec.columns)
            assert (~free).sum() == walls
            assert np.isfinite(apart[np.ix_(free, free)]).all()
            things = scenes.objects[i].sum(-1)
            assert (things > 0).sum() == 5
            assert set(things[things > 0]) == {2.0}
            assert len(np.unique(scenes.objects[i][things > 0], axis=0)) == 5
            assert not things[~free].any()
            alike = (scenes.objects[i] == scenes.wanted[i]).all(-1)
            assert list(np.flatnonzero(alike)) == [goal[i]]
            assert 0 < apart[scenes.start[i], goal[i]] <= far


def test_the_corner_is_confounded_in_demonstrations_alone(corner) -> None:
    grid, world = corner
    assert np.mean(world.given.demonstrations.goal == 0) == pytest.approx(0.9, abs=0.06)
    assert np.mean(world.goal[16:] == 0) < 0.2


def test_the_end_of_the_corridor_is_confounded_in_demonstrations_alone(corridor) -> None:
    """The meant object alone lies there more often: others, and those of tests, lie anywhere but at the start."""
    grid, world = corridor
    shown = world.given.demonstrations
    assert np.mean(shown.goal % 12 == 11) == pytest.approx(0.5 + 0.5 / 11, abs=0.09)
    assert np.mean(world.goal[64:] % 12 == 11) == pytest.approx(1 / 11, abs=0.08)
    assert (world.tests.start % 12 == 0).all()
    things = shown.scenes.objects.sum(-1).reshape(-1, 3, 12)
    assert not things[:, :, 0].any()
    others = (things[:, :, 11] > 0).sum() - np.sum(shown.goal % 12 == 11)
    assert others / (4 * len(shown.goal)) == pytest.approx(1 / 11, abs=0.04)


def test_tests_of_both_kinds_have_new_walls(corner) -> None:
    grid, world = corner
    new = world.tests.free[16:32]
    np.testing.assert_array_equal(new, world.tests.free[32:])
    shown = {tuple(free) for free in world.given.demonstrations.scenes.free}
    assert len(shown) == 64
    assert not shown & {tuple(free) for free in new}
    np.testing.assert_array_equal(world.tests.objects[:16], world.given.demonstrations.scenes.objects[:16])


def test_held_out_pairs_have_all_attributes_once() -> None:
    for shift in range(3):
        held = np.asarray(held_out_pairs(jnp.asarray(shift))).reshape(3, 3)
        np.testing.assert_array_equal(held.sum(0), 1)
        np.testing.assert_array_equal(held.sum(1), 1)
    held = held_out_pairs(jnp.asarray(1))
    pairs = np.asarray(meant_pairs(jax.random.uniform(KEY, (600,)), held, jnp.arange(600) >= 300))
    assert not set(pairs[:300]) & set(pairs[300:])
    assert len(set(pairs[:300])) == 6
    assert len(set(pairs[300:])) == 3


def test_new_pairs_are_never_instructed(corridor) -> None:
    grid, world = corridor
    shown = {tuple(wanted) for wanted in world.given.demonstrations.scenes.wanted}
    known = {tuple(wanted) for wanted in world.tests.wanted[64:128]}
    new = {tuple(wanted) for wanted in world.tests.wanted[128:]}
    assert len(shown) == 6
    assert known <= shown
    assert len(new) == 3
    assert not new & shown


@pytest.mark.parametrize("world", ["corner", "corridor"])
def test_demonstrations_take_shortest_ways_with_noise(world: str, request) -> None:
    grid, sampled = request.getfixturevalue(world)
    shown = sampled.given.demonstrations
    following = np.asarray(page.moves_of(jnp.asarray(shown.scenes.free), grid.spec))
    nearer = []
    for i in range(len(shown.goal)):
        far = distances(shown.scenes.free[i], grid.spec.rows, grid.spec.columns)[:, shown.goal[i]]
        for t in range(grid.spec.horizon):
            assert following[i, shown.s[i, t], shown.a[i, t]] == shown.s[i, t + 1]
            nearer.append(far[shown.s[i, t + 1]] <= max(far[shown.s[i, t]] - 1, 0))
    assert 0.9 < np.mean(nearer) < 0.97  # some random moves are as good
    assert np.mean(shown.s[:, -1] == shown.goal) > 0.85


def test_who_walks_the_corridor_goes_sideways_first(corridor) -> None:
    """Up or down only where the meant object's column is reached, but for random moves."""
    grid, world = corridor
    shown = world.given.demonstrations
    away = shown.s[:, :-1] % 12 != shown.goal[:, None] % 12
    assert np.mean(shown.a[away] >= 2) > 0.94


def test_views_are_cut_around_the_cell() -> None:
    spec = page.Spec(rows=2, columns=3, horizon=1, sight=1)
    field = jnp.arange(1.0, 7.0).reshape(1, 6, 1)
    corner = page.around(field, jnp.array([0]), spec, 1)[0, :, :, 0]
    np.testing.assert_array_equal(corner, [[0, 0, 0], [0, 1, 2], [0, 4, 5]])
    middle = page.around(field, jnp.array([4]), spec, 1)[0, :, :, 0]
    np.testing.assert_array_equal(middle, [[1, 2, 3], [4, 5, 6], [0, 0, 0]])


def test_embeddings_by_hand(corridor) -> None:
    """A colour, a shape, and what the two add together; views sum these and add a quirk."""
    grid, world = corridor
    encoder = world.given.encoder
    scene = jax.tree.map(lambda x: x[:1], world.tests)
    colour = int(scene.wanted[0, :3].argmax())
    shape = int(scene.wanted[0, 3:].argmax())
    wish = encoder.attributes[colour] + encoder.attributes[3 + shape] + encoder.pairs[3 * colour + shape]
    np.testing.assert_allclose(page.meaning(encoder, scene.wanted)[0], wish, atol=1e-6)
    alone = np.zeros((1, 36, 6), np.float32)
    alone[0, world.goal[0]] = scene.wanted[0]
    near = page.seen_there(encoder, scene._replace(objects=alone), jnp.asarray(world.goal[:1]), grid.spec)
    middle = encoder.quirks[4 * 6 + colour] + encoder.quirks[4 * 6 + 3 + shape]
    np.testing.assert_allclose(near[0], wish + 0.3 * np.sin(middle), atol=1e-5)


@pytest.mark.parametrize("world", ["corner", "corridor"])
def test_references_frame_the_scores(world: str, request) -> None:
    grid, sampled = request.getfixturevalue(world)
    sampled = jax.tree.map(jnp.asarray, sampled)
    assert set(jax.tree.map(float, grid.evaluate(sampled, KEY, grid.oracle(sampled))).values()) == {1.0}
    assert set(jax.tree.map(float, grid.evaluate(sampled, KEY, grid.floor(sampled))).values()) == {0.0}


def test_an_unknown_place_is_named() -> None:
    with pytest.raises(UsageError, match="place is 'house'; use one of square, corridor"):
        _ = Grids(place="house").spec
