"""Road networks and planners: equilibria by hand, laws of the search, and what planners ask for."""

import itertools
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.network_design import _search as search
from toybench.methods.network_design import gnn_surrogate_ga as gnn
from toybench.methods.network_design import ridge_surrogate_ga as ridge
from toybench.plugins import registry
from toybench.tasks import network_design as page
from toybench.tasks.network_design import road_design

KEY = jax.random.key(3)
SPEC = page.DesignSpec(networks=2, candidates=5, chosen=2, asked=3)
BITS = jnp.asarray(page.designs(5, 2))


def network() -> page.Network:
    """One network of the task."""
    task = registry.load("tasks", "network_design/road_design")(networks=1, candidates=5, chosen=2, asked=3)
    roads = len(road_design.roads_of(3))
    shapes = {"time": (roads,), "capacity": (roads,), "pairs": (72,), "demand": (12,), "candidates": (roads,)}
    keys = jax.random.split(KEY, len(shapes))
    drawn = {name: jax.random.uniform(k, shape) for k, (name, shape) in zip(keys, shapes.items(), strict=True)}
    return task.build(drawn)


def test_designs_and_their_numbers() -> None:
    rows = page.designs(5, 2)
    assert len(rows) == 10
    assert (rows.sum(1) == 2).all()
    table = search.numbers(SPEC)
    for number, row in enumerate(rows):
        assert table[int(sum(2**i for i in range(5) if row[i]))] == number
    assert len(page.designs(14, 5)) == 2002


def test_ways_of_a_square() -> None:
    table = road_design.all_ways(2)
    assert len(road_design.roads_of(2)) == 8
    assert (table.present.sum(1) == 2).all()  # either way round
    assert len(road_design.roads_of(3)) == 24
    for pair, present in zip(table.roads, table.present, strict=True):
        assert sorted(pair[present].sum(1).tolist()) in ([1, 3], [2, 2])


def test_two_roads_are_shared_evenly() -> None:
    """Two parallel ways of one road each: times 1 + 0.15 x^4 and 1.1 + 0.165 (x / 2)^4 are equal."""
    one = page.Network(
        capacity=jnp.asarray([1.0, 2.0]),
        free_time=jnp.asarray([1.0, 1.1]),
        demand=jnp.asarray([4.0]),
        candidates=jnp.asarray([0]),
        ways=jnp.eye(2),
        pairs=jnp.ones((2, 1)),
        leaves=jnp.eye(2),
        enters=jnp.eye(2),
        trips=jnp.zeros((2, 2)),
    )
    trips = road_design.equilibrium(one, one.capacity[None], jnp.full((1, 1, 2), 2.0), 100)[0, 0]
    assert trips.sum() == pytest.approx(4)
    low = 0.0
    high = 4.0
    for _ in range(60):
        x = (low + high) / 2
        longer = 1 + 0.15 * x**4 > 1.1 * (1 + 0.15 * ((4 - x) / 2) ** 4)
        low, high = (low, x) if longer else (x, high)
    assert trips[0] == pytest.approx(x, rel=1e-3)
    wide = page.capacities(one, jnp.ones((1, 1)))
    np.testing.assert_allclose(wide[0], [1.5, 2.0])
    flow = jnp.asarray([[1.5, 2.0]])
    assert page.total_time(one, jnp.ones((1, 1)), flow)[0] == pytest.approx(1.15 * 1.5 + 1.1 * 1.15 * 2, rel=1e-5)


def test_no_driver_gains() -> None:
    one = network()
    flow = road_design.all_flows(one, BITS)
    capacity = page.capacities(one, BITS)
    times = page.road_times(jnp.broadcast_to(one.free_time[None], capacity.shape), capacity, flow)
    ways = (times @ one.ways.T).reshape(len(BITS), road_design.PAIRS, road_design.WAYS)
    least = (ways.min(-1) * one.demand[None]).sum(-1)
    assert ((times * flow).sum(-1) / least - 1).max() < 1e-5
    assert (one.candidates.shape, len(set(np.asarray(one.candidates).tolist()))) == ((5,), 5)
    into = flow @ one.enters - flow @ one.leaves  # what a crossing receives less what it sends is its demand
    np.testing.assert_allclose(
        into, jnp.broadcast_to((one.trips.sum(0) - one.trips.sum(1))[None], into.shape), atol=1e-3
    )


def told(time: list[float]) -> search.Told:
    return search.Told(time=jnp.asarray([time, time[::-1]]), rounds=jnp.asarray(1))


def test_asking_and_learning() -> None:
    start = search.nothing_told(SPEC)
    answers = page.Answers(
        design=jnp.asarray([[0, 3, 3], [9, 8, 7]]),
        flow=jnp.zeros((2, 3, 4)),
        time=jnp.asarray([[5.0, 2, 2], [1, 2, 3]]),
    )
    state = search.learn(start, answers)
    assert state.rounds == 1
    assert (jnp.isfinite(state.time).sum(1) == jnp.asarray([2, 3])).all()
    assert (state.time[0, 3], state.time[1, 7]) == (2, 3)
    score = jnp.broadcast_to(jnp.arange(10.0), (2, 10))
    np.testing.assert_array_equal(search.ask(score, state, 3), [[1, 2, 4], [0, 1, 2]])


def noise(many: int) -> dict[str, jax.Array]:
    shapes = search.noise_shapes(SPEC, many)
    keys = jax.random.split(KEY, len(shapes))
    return {name: jax.random.uniform(k, shape) for k, (name, shape) in zip(keys, shapes.items(), strict=True)}


def test_children_take_after_their_parents() -> None:
    twins = jnp.stack([BITS[4], BITS[4]])
    np.testing.assert_array_equal(search.children(SPEC, noise(20), twins, jnp.ones(2), 0.0), jnp.full(20, 4))
    two = jnp.stack([BITS[0], BITS[1]])  # roads 0, 1 and roads 0, 2
    born = search.children(SPEC, noise(60), two, jnp.ones(2), 0.0)
    assert (BITS[born][:, 0] == 1).mean() > 0.8  # only a repair can lose what both have
    assert set(np.asarray(born).tolist()) >= {0, 1}
    np.testing.assert_array_equal(search.children(SPEC, noise(20), two, jnp.asarray([0.0, 1.0]), 0.0), jnp.ones(20))
    other = search.children(SPEC, noise(60), twins, jnp.ones(2), 0.3)
    assert len(set(np.asarray(other).tolist())) > 4


def test_evolution_meets_the_best() -> None:
    spec = page.DesignSpec(networks=1, candidates=12, chosen=4, asked=3)
    bits = jnp.asarray(page.designs(12, 4))
    score = bits @ jnp.arange(12.0)
    met = search.evolve(spec, KEY, score, 20, 15, 0.05)
    assert met[score.argmin()]
    assert int(met.sum()) < 0.6 * len(bits)


def planner(stem: str, **values: Any) -> Any:
    return registry.load("methods", f"network_design/{stem}")(spec=SPEC, steps=4, **values)


def test_swaps_are_neighbours_of_the_best() -> None:
    state = told([3.0, jnp.inf, jnp.inf, jnp.inf, 1.0, jnp.inf, jnp.inf, jnp.inf, jnp.inf, jnp.inf])
    given = many(network(), [0, 1])
    asked = planner("swap_search", given=twice(given)).propose(state, KEY)
    for place, best in ((0, 4), (1, 5)):
        alike = np.asarray(BITS[asked[place]] @ BITS[best])
        np.testing.assert_array_equal(alike, 1)
        assert len(set(np.asarray(asked[place]).tolist())) == 3
    free = planner("swap_search", given=twice(given), first_rounds=2).propose(state, KEY)
    assert not (free == asked).all()


def test_the_exact_algorithm_asks_for_children() -> None:
    spec = page.DesignSpec(networks=2, candidates=5, chosen=2, asked=3)
    learner = registry.load("methods", "network_design/exact_ga")(
        spec=spec, steps=4, mutation=0.0, parents=2, given=twice(many(network(), [0, 1]))
    )
    state = told([1.0, 2.0, jnp.inf, jnp.inf, 9.0, jnp.inf, jnp.inf, jnp.inf, jnp.inf, jnp.inf])
    asked = np.asarray(learner.propose(state, KEY))
    assert not np.isin(asked[0], [0, 1, 4]).any()
    assert asked.shape == (2, 3)


def test_ridge_finds_a_sum_of_roads() -> None:
    """As numpy solves it in double precision; a plan that was left out is predicted."""
    features = ridge.roads_and_pairs(BITS)
    assert features.shape == (10, 5 + 10)
    truth = BITS @ jnp.asarray([1.0, 2.0, 3.0, 4.0, 5.0])
    shown = np.asarray(features[:8], np.float64)
    centred = shown - shown.mean(0)
    target = np.asarray(truth[:8], np.float64)
    target = (target - target.mean()) / target.std()
    weights = np.linalg.solve(centred.T @ centred + 0.1 * np.eye(15), centred.T @ target)
    expected = (np.asarray(features, np.float64) - shown.mean(0)) @ weights
    np.testing.assert_allclose(ridge.predict(features, features[:8], truth[:8], 0.1), expected, atol=1e-4)
    exact = np.asarray((truth - truth[:8].mean()) / truth[:8].std())
    np.testing.assert_allclose(ridge.predict(BITS, BITS[:8], truth[:8], 1e-4), exact, atol=1e-2)


def test_a_true_stand_in_finds_the_best() -> None:
    """The best comes first, once; what evolution did not meet comes last."""
    worth = BITS @ jnp.arange(5.0)
    score = search.search_stand_in(SPEC, KEY, jnp.stack([worth, -worth]))
    asked = search.ask(score, search.nothing_told(SPEC), 3)
    np.testing.assert_array_equal(asked[:, 0], [worth.argmin(), worth.argmax()])
    left = page.DesignSpec(networks=1, candidates=12, chosen=4, asked=3)
    far = search.search_stand_in(left, KEY, jnp.asarray(page.designs(12, 4) @ np.arange(12.0, dtype=np.float32))[None])
    assert 0 < int((far > search.LATER / 2).sum()) < far.size


def test_first_designs_are_near_good_plans() -> None:
    """Of a plan of one road the designs that hold it, of a plan of three those that it holds; means, with one more."""
    bits = jnp.asarray([[[1, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 1, 1, 1, 0], [1, 1, 1, 0, 0]]], jnp.float32)
    solved = page.Solved(bits=bits, flow=jnp.zeros((1, 4, 1)), time=jnp.asarray([[9.0, 8.0, 2.0, 5.0]]))
    score = np.asarray(search.near_good_plans(SPEC, solved))[0]
    for number, row in enumerate(np.asarray(BITS)):
        good = int(row[4] == 1) + int(row[1:4].sum() == 2)
        bad = int(row[0] == 1) + int(row[:3].sum() == 2)
        assert score[number] == pytest.approx((bad - good) / (1 + bad + good))


def test_the_flow_network_by_hand() -> None:
    one = network()
    params = jax.tree.map(lambda leaf: leaf + 0.05, gnn.nn.init(gnn.FlowNet(), KEY, one, one.capacity))
    found = gnn.FlowNet().apply(params, one, one.capacity)
    p = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)["params"]
    ends = road_design.roads_of(3)
    capacity = np.asarray(one.capacity, np.float64)
    time = np.asarray(one.free_time, np.float64)
    roads = np.stack([capacity / capacity.mean(), time / time.mean()], axis=1)

    def dense(layer: dict, x: np.ndarray) -> np.ndarray:
        return x @ layer["kernel"] + layer["bias"]

    def mlp(layer: dict, x: np.ndarray) -> np.ndarray:
        return dense(layer["Dense_1"], np.maximum(dense(layer["Dense_0"], x), 0))

    h = dense(p["Dense_0"], np.asarray(one.trips, np.float64) / np.asarray(one.demand, np.float64).mean())
    layers = [h]
    for k in range(3):
        heard = h.copy()
        for (a, b), road in zip(ends, roads, strict=True):
            heard[b] += h[a] * road[0] / road[1]
        made = mlp(p[f"MLP_{k}"], heard)
        made = (made - made.mean(1, keepdims=True)) / np.sqrt(made.var(1, keepdims=True) + 1e-6)
        h = h + np.maximum(made * p[f"Norm_{k}"]["scale"] + p[f"Norm_{k}"]["bias"], 0)
        layers.append(h)
    every = np.concatenate(layers, axis=1)
    leaves = every[ends[:, 0]] @ p["Dense_1"]["kernel"]
    enters = every[ends[:, 1]] @ p["Dense_2"]["kernel"]
    expected = dense(p["Dense_3"], np.maximum(leaves + enters + dense(p["Dense_4"], roads), 0))[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def many(one: page.Network, rows: list[int]) -> page.Known:
    """A network, and some of its designs as if they were plans that are solved."""
    flow = road_design.all_flows(one, BITS[jnp.asarray(rows)])
    solved = page.Solved(
        bits=BITS[jnp.asarray(rows)], flow=flow, time=page.total_time(one, BITS[jnp.asarray(rows)], flow)
    )
    return jax.tree.map(lambda leaf: leaf[None], page.Known(network=one, solved=solved))


def test_the_graph_network_learns_flows() -> None:
    """Of what it was given beforehand; its times follow from its flows, and answers don't change it."""
    one = network()
    spec = page.DesignSpec(networks=1, candidates=5, chosen=2, asked=4)
    given = many(one, [0, 2, 4, 6, 7, 8])
    learner = registry.load("methods", "network_design/gnn_surrogate_ga")(spec=spec, steps=1, given=given)
    flow = road_design.all_flows(one, BITS)
    state = jax.jit(learner.init)(KEY)
    first = jax.tree.map(lambda leaf: leaf[0], given)
    params = jax.tree.map(lambda leaf: leaf[0], state.params)
    more = gnn.FlowNet().apply(params, one, page.capacities(one, BITS))
    found = gnn.usual(first.solved) + gnn.spread(first.solved) * more
    expected = page.total_time(one, BITS, jnp.maximum(found, 0))
    times = learner.times(first, params)
    np.testing.assert_allclose(times, expected / expected.mean(), rtol=1e-5)
    error = ((found - flow) ** 2).mean(1) / gnn.spread(first.solved) ** 2
    assert error[jnp.asarray([0, 2, 4, 6, 7, 8])].mean() < 0.1
    asked = learner.propose(state, KEY)
    np.testing.assert_allclose(state.score[0, asked[0]], times[asked[0]], rtol=1e-5)
    assert (jnp.diff(times[asked[0]]) >= 0).all()
    after = learner.update(state, page.Answers(design=asked, flow=flow[asked], time=expected[asked]), KEY)
    assert all(jax.tree.leaves(jax.tree.map(jnp.array_equal, after.params, state.params)))
    assert not set(np.asarray(asked[0]).tolist()) & set(np.asarray(learner.propose(after, KEY)[0]).tolist())
    short = registry.load("methods", "network_design/gnn_surrogate_ga")(spec=spec, steps=1, given=given, rounds=1)
    np.testing.assert_array_equal(short.propose(state, KEY), asked)
    assert set(np.asarray(short.propose(after, KEY)[0]).tolist()) == set(np.asarray(asked[0]).tolist())
    blind = registry.load("methods", "network_design/gnn_surrogate_ga")(spec=spec, steps=1, given=given, learn=False)
    expected = page.total_time(one, BITS, jnp.broadcast_to(gnn.usual(first.solved), flow.shape))
    np.testing.assert_allclose(blind.times(first, params), expected / expected.mean(), rtol=1e-5)


def twice(given: page.Known) -> page.Known:
    """The same network as two."""
    return jax.tree.map(lambda leaf: jnp.concatenate([leaf, leaf]), given)


def test_random_designs_are_asked_for_once() -> None:
    state = told([1.0, 2.0, jnp.inf, jnp.inf, 9.0, jnp.inf, jnp.inf, jnp.inf, jnp.inf, jnp.inf])
    asked = np.asarray(planner("random_designs").propose(state, KEY))
    assert not np.isin(asked[0], [0, 1, 4]).any()
    other = np.asarray(planner("random_designs").propose(state, jax.random.key(4)))
    assert (asked != other).any()


def test_ridge_learns_from_plans_that_are_given() -> None:
    """Before the first answer it asks for the best design, as plans of one road say what each road is worth."""
    worth = jnp.asarray([1.0, 2.0, 3.0, 4.0, 5.0])
    bits = jnp.broadcast_to(jnp.eye(5)[None], (2, 5, 5))
    solved = page.Solved(bits=bits, flow=jnp.zeros((2, 5, 1)), time=jnp.broadcast_to(10 - worth[None], (2, 5)))
    learner = registry.load("methods", "network_design/ridge_surrogate_ga")(
        spec=SPEC, steps=4, given=page.Known(network=None, solved=solved)
    )
    asked = learner.propose(learner.init(KEY), KEY)
    np.testing.assert_array_equal(asked[:, 0], [9, 9])  # the last two roads


def test_plans_are_no_designs() -> None:
    """A road less or more than a design has, each as often; solved as designs are."""
    task = registry.load("tasks", "network_design/road_design")(networks=2, candidates=5, chosen=2, asked=3, plans=40)
    world = jax.jit(task.sample)(KEY)
    counts = np.asarray(world.solved.bits).sum(-1)
    np.testing.assert_array_equal(counts, np.tile([1, 3], (2, 20)))
    assert len({tuple(row) for row in np.asarray(world.solved.bits[0])}) > 8
    first = jax.tree.map(lambda leaf: leaf[0], page.Known(network=world.network, solved=world.solved))
    np.testing.assert_allclose(road_design.all_flows(first.network, first.solved.bits), first.solved.flow, atol=1e-3)
    np.testing.assert_allclose(
        page.total_time(first.network, first.solved.bits, first.solved.flow), first.solved.time, rtol=1e-5
    )


def test_the_world_answers_and_counts() -> None:
    task = registry.load("tasks", "network_design/road_design")(networks=2, candidates=5, chosen=2, asked=3, plans=4)
    world = jax.jit(task.sample)(KEY)
    assert world.time.shape == (2, 10)
    floor = task.evaluate(world, KEY, task.floor(world))
    assert (floor["range_gap"], floor["hits"], floor["solved"]) == (1, 0, 0)
    oracle = task.evaluate(world, KEY, task.oracle(world))
    assert (oracle["gap"], oracle["range_gap"], oracle["hits"]) == (0, 0, 1)
    best = world.time.argmin(1)
    asked = jnp.stack([best, jnp.zeros(2, jnp.int32), best], axis=1)
    for designs, finds in ((asked, True), (jnp.broadcast_to(world.time.argmax(1)[:, None], (2, 3)), False)):
        learner = SimpleNamespace(propose=lambda key, designs=designs: designs)
        after, answers = task.draw(world, KEY, learner)
        assert answers.time[1, 2] == world.time[1, designs[1, 2]]
        np.testing.assert_array_equal(answers.flow[0, 1], world.flow[0, designs[0, 1]])
        found = task.evaluate(after, KEY, learner)
        assert found["solved"] == 3
        assert (found["hits"] == 1) == finds
        assert (found["range_gap"] == 0) == finds
    assert list(itertools.islice(task.metrics, 1)) == ["range_gap"]
