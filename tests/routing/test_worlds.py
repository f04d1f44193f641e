"""Tours, exact and local search, and the tasks' worlds: against enumeration and by hand."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.tasks import routing
from toybench.tasks.routing import _tsp, guided_search

KEY = jax.random.key(3)


def lengths_of_all(xy: np.ndarray) -> list[float]:
    """Lengths of all tours that begin in city 0."""
    way = np.linalg.norm(xy[:, None] - xy[None], axis=-1)
    tours = [(0, *rest) for rest in itertools.permutations(range(1, len(xy)))]
    return [sum(way[a, b] for a, b in zip(t, t[1:] + t[:1], strict=True)) for t in tours]


def random_tours(key: jax.Array, many: int, count: int) -> jax.Array:
    return jnp.argsort(jax.random.uniform(key, (many, count)), axis=1).astype(jnp.int32)


def is_tour(tours: jax.Array) -> bool:
    return bool((np.sort(np.asarray(tours), axis=-1) == np.arange(tours.shape[-1])).all())


def test_lengths_by_hand() -> None:
    square = jnp.asarray([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(routing.tour_length(square, jnp.asarray([0, 2, 1, 3])), 4.0, rtol=1e-6)
    np.testing.assert_allclose(
        routing.edge_lengths(square, jnp.asarray([0, 1, 2, 3])), [1.0, 2**0.5, 1.0, 2**0.5], rtol=1e-6
    )
    np.testing.assert_allclose(routing.distances(square)[0], [0.0, 2**0.5, 1.0, 1.0], rtol=1e-6)


def test_the_shortest_tour_is_the_shortest_of_all() -> None:
    xy = jax.random.uniform(KEY, (3, 7, 2))
    tours = jax.vmap(_tsp.shortest_tour)(xy)
    assert is_tour(tours)
    for places, length in zip(np.asarray(xy, np.float64), routing.tour_length(xy, tours), strict=True):
        assert length == pytest.approx(min(lengths_of_all(places)), rel=1e-5)


def test_moves_change_two_or_three_edges() -> None:
    table = _tsp.moves(7)
    assert is_tour(jnp.asarray(table.order))
    assert len({tuple(row) for row in table.order.tolist()}) == len(table.order)
    whole = _tsp.ring(tuple(range(7)))
    kinds = set()
    for row, added, removed in zip(table.order.tolist(), table.added, table.removed, strict=True):
        new = {(int(a), int(b)) for a, b in added if a != b}
        old = {(int(a), int(b)) for a, b in removed if a != b}
        assert old <= whole
        assert _tsp.ring(tuple(row)) == (whole - old) | new
        kinds.add(len(new))
    assert kinds == {2, 3}
    rings = {frozenset(_tsp.ring(tuple(row))) for row in table.order.tolist()}
    pairs = {frozenset(whole - {e, f}) for e, f in itertools.combinations(whole, 2)}
    reached = {frozenset(whole & ring) for ring in rings if len(whole & ring) == 5}
    assert reached == {p for p in pairs if connected_twice(p)}  # 2-opt reaches every pair of edges that don't touch


def connected_twice(left: frozenset) -> bool:
    """Whether the two edges that are missing do not touch: each city keeps a neighbour."""
    return all(any(city in pair for pair in left) for city in range(7))


def test_descent_gains_until_no_move_does() -> None:
    xy = jax.random.uniform(KEY, (12, 2))
    way = routing.distances(xy)
    starts = random_tours(jax.random.key(1), 4, 12)
    ends = jax.vmap(lambda t: _tsp.descend(way, t, 30))(starts)
    assert is_tour(ends)
    assert (routing.tour_length(xy[None], ends) < routing.tour_length(xy[None], starts)).all()
    for end in np.asarray(ends):
        others = jnp.asarray(end[_tsp.moves(12).order])
        assert routing.tour_length(xy[None], others).min() >= routing.tour_length(xy, jnp.asarray(end)) - 1e-5


def test_references_are_shortest_tours() -> None:
    xy = jax.random.uniform(KEY, (32, 10, 2))
    shortest = routing.tour_length(xy, jax.vmap(_tsp.shortest_tour)(xy))
    starts = random_tours(jax.random.key(4), 8, 10)
    found = routing.tour_length(xy, jax.vmap(lambda x: _tsp.best_local(x, starts, 24))(xy))
    excess = found / shortest - 1
    assert (excess > -1e-5).all()
    assert (excess < 1e-5).all()


def test_more_starts_or_moves_find_no_shorter_reference() -> None:
    xy = jax.random.uniform(jax.random.key(8), (8, 20, 2))
    starts = random_tours(jax.random.key(9), 40, 20)
    found = jax.jit(jax.vmap(lambda x: _tsp.best_local(x, starts[:8], 24)))(xy)
    longer = jax.jit(jax.vmap(lambda x: _tsp.best_local(x, starts, 40)))(xy)
    np.testing.assert_allclose(routing.tour_length(xy, found), routing.tour_length(xy, longer), rtol=1e-5)


def test_nearest_first_by_hand() -> None:
    line = jnp.asarray([[0.0, 0.0], [0.5, 0.0], [0.2, 0.0], [1.0, 0.0]])
    tour = _tsp.nearest_first(routing.distances(line), jnp.asarray(2))
    np.testing.assert_array_equal(tour, [2, 0, 1, 3])


def test_edges_are_merged_by_heat_without_circles() -> None:
    heat = np.full((5, 5), -1.0)
    for rank, (a, b) in enumerate([(0, 1), (1, 2), (0, 2), (2, 3), (1, 4), (3, 4), (0, 4)]):
        heat[a, b] = heat[b, a] = 10.0 - rank
    tour = [int(i) for i in routing.merge_edges(jnp.asarray(heat, jnp.float32))]
    # (0, 2) closes a circle, (1, 4) is a third edge of 1, (0, 4) closes the tour
    assert _tsp.ring(tuple(tour)) == {(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)}


def test_merging_the_edges_of_a_tour_gives_the_tour() -> None:
    tours = random_tours(KEY, 4, 9)
    merged = jax.vmap(lambda t: routing.merge_edges(guided_search.neighbours(t).astype(jnp.float32)))(tours)
    assert is_tour(merged)
    assert (jax.vmap(guided_search.neighbours)(merged) == jax.vmap(guided_search.neighbours)(tours)).all()


def test_guided_search_uses_only_candidates() -> None:
    square = jnp.asarray([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    way = routing.distances(square)
    crossed = jnp.arange(4, dtype=jnp.int32)
    sides = jnp.asarray([[2], [3], [0], [1]])
    found = _tsp.guided_search(way, crossed, sides, 1)
    assert routing.tour_length(square, found) == pytest.approx(4)
    diagonals = jnp.asarray([[1], [0], [3], [2]])
    np.testing.assert_array_equal(_tsp.guided_search(way, crossed, diagonals, 3), crossed)


def test_guided_search_gains_as_it_goes_and_reaches_two_opt_optima() -> None:
    xy = jax.random.uniform(KEY, (9, 2))
    way = routing.distances(xy)
    everyone = jnp.argsort(way, axis=1)[:, 1:]
    starts = random_tours(jax.random.key(2), 6, 9)
    before = routing.tour_length(xy[None], starts)
    for sweeps in (1, 2, 8):
        found = jax.vmap(lambda t, s=sweeps: _tsp.guided_search(way, t, everyone, s))(starts)  # type: ignore[misc]
        assert is_tour(found)
        after = routing.tour_length(xy[None], found)
        assert (after <= before + 1e-5).all()
        before = after
    for end in np.asarray(found):
        for i, j in itertools.combinations(range(9), 2):
            other = jnp.asarray([*end[: i + 1], *end[i + 1 : j + 1][::-1], *end[j + 1 :]])
            assert routing.tour_length(xy, other) >= routing.tour_length(xy, jnp.asarray(end)) - 1e-5


def test_recall_counts_either_side() -> None:
    edges = guided_search.neighbours(jnp.arange(4))[None]
    ranked = jnp.asarray([[[1, 2, 3, 0], [3, 2, 0, 1], [0, 1, 3, 2], [1, 0, 2, 3]]])
    assert guided_search.recall(ranked, edges, 1) == pytest.approx(1 / 4)  # of 01, 12, 23, 03 the first
    assert guided_search.recall(ranked, edges, 2) == pytest.approx(3 / 4)  # and 12, 03
    assert guided_search.recall(ranked, edges, 3) == 1


def test_cities_are_random_and_references_ordered() -> None:
    task = registry.load("tasks", "routing/guided_search")(tests=4, cities=8, rounds=12)
    world = jax.jit(task.sample)(KEY)
    assert is_tour(world.reference)
    assert is_tour(world.starts)
    assert not (world.starts[:, 0] == world.starts[:, 1]).all()
    oracle = task.evaluate(world, KEY, task.oracle(world))
    floor = task.evaluate(world, KEY, task.floor(world))
    assert oracle["recall_3"] == 1
    assert abs(oracle["gap"]) < 1e-6
    assert floor["gap_merged"] > 0.2
    _, batch = task.draw(world, KEY, None)
    assert batch.xy.shape == (20, 8, 2)
    tsp = registry.load("tasks", "routing/euclidean_tsp")(tests=4, cities=7)
    world = jax.jit(tsp.sample)(KEY)
    found = tsp.evaluate(world, KEY, tsp.oracle(world))
    assert (found["gap"], found["solved"]) == (0, 1)
    assert tsp.evaluate(world, KEY, tsp.floor(world))["gap"] > 0.2
