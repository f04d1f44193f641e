"""Grids with agents, the expert, what agents see, and who learns from it."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import gridworld
from toybench.methods.local_policies import _clone as clone
from toybench.methods.local_policies import mapf_transformer, mlp_clone
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.local_policies import AgentSpec, Sight, free_ways, nearer_ways
from toybench.tasks.local_policies import grid_mapf as mapf

KEY = jax.random.key(5)
TASK = registry.load("tasks", "local_policies/grid_mapf")(instances=6, lessons=5)
WORLD = jax.jit(TASK.sample)(KEY)
UP, DOWN, LEFT, RIGHT, STAY = range(5)


def method(stem: str, **values: Any) -> Any:
    kind = registry.load("methods", f"local_policies/{stem}")
    return kind(spec=TASK.spec, given=WORLD.data, steps=500, **values)


def open_instance(start: list[int], goal: list[int], walls: tuple[int, ...] = (), side: int = 3) -> mapf.Instances:
    """One instance on a small grid, without an axis of instances."""
    free = np.ones(side * side, bool)
    free[list(walls)] = False
    following = jnp.asarray(gridworld.open_grid(free.reshape(side, side)))
    return mapf.Instances(
        following=following,
        cost=gridworld.distances(following),
        free=jnp.asarray(free),
        start=jnp.asarray(start, jnp.int32),
        goal=jnp.asarray(goal, jnp.int32),
    )


def moved(at: list[int], action: list[int]) -> list[int]:
    made = open_instance(at, at)
    there = mapf.move(made.following, jnp.asarray(at, jnp.int32), jnp.asarray(action, jnp.int32))
    return [int(cell) for cell in there]


def test_moves_and_collisions_by_hand() -> None:
    assert moved([0, 8], [RIGHT, UP]) == [1, 5]
    assert moved([0, 8], [LEFT, DOWN]) == [0, 8]  # off the board
    assert moved([0, 1], [RIGHT, RIGHT]) == [1, 2]  # one follows the other
    assert moved([0, 1], [RIGHT, LEFT]) == [0, 1]  # they would exchange places
    assert moved([0, 2], [RIGHT, LEFT]) == [0, 2]  # both want the cell between them
    assert moved([0, 1], [RIGHT, STAY]) == [0, 1]
    assert moved([0, 1, 2], [RIGHT, RIGHT, RIGHT]) == [0, 1, 2]  # the first cannot move, nor can those behind it
    assert moved([0, 1, 4, 3], [RIGHT, DOWN, LEFT, UP]) == [1, 4, 3, 0]  # a ring turns


def test_instances_are_solvable_one_by_one() -> None:
    made = jax.tree.map(np.asarray, WORLD.test)
    for i in range(6):
        for cells in (made.start[i], made.goal[i]):
            assert len(set(cells)) == 6 and made.free[i, cells].all()
        assert (made.cost[i, made.start[i], made.goal[i]] < 64).all()
    assert made.free.mean() == pytest.approx(0.85, abs=0.06)


def followed(made: mapf.Instances, actions: np.ndarray) -> np.ndarray:
    """Cells [t + 1, n] of a plan, each agent for itself."""
    following = np.asarray(made.following)
    cells = [np.asarray(made.start)]
    for row in actions:
        cells.append(following[cells[-1], row])
    return np.stack(cells)


def test_plans_are_free_of_collisions_and_arrive() -> None:
    assert np.asarray(WORLD.plans.solved).mean() > 0.6
    for i in np.flatnonzero(WORLD.plans.solved):
        made = jax.tree.map(lambda x, i=i: x[i], WORLD.test)
        cells = followed(made, np.asarray(WORLD.plans.actions[i]))
        np.testing.assert_array_equal(cells[-1], made.goal)
        for before, after in itertools.pairwise(cells):
            assert len(set(after)) == 6
            for a, b in itertools.combinations(range(6), 2):
                assert not (after[a] == before[b] and after[b] == before[a])


def test_one_agent_takes_the_shortest_path() -> None:
    made = open_instance([0], [2], walls=(1,))
    actions, cost = mapf.plan_in_order(made, jnp.asarray([0], jnp.int32), 10)
    assert int(cost) == 4 == int(made.cost[0, 2])
    assert [int(a) for a in actions[:, 0]] == [DOWN, RIGHT, RIGHT, UP] + [STAY] * 6


def test_the_second_waits_or_goes_round() -> None:
    """In a corridor two agents can't pass; with a bay the second makes way, at the least cost by enumeration."""
    corridor = open_instance([0, 2], [2, 0], walls=(3, 4, 5, 6, 7, 8))
    _, cost = mapf.plan_in_order(corridor, jnp.asarray([0, 1], jnp.int32), 8)
    assert float(cost) >= mapf.NOWHERE
    assert not bool(TASK.plan(corridor, jnp.asarray([[0, 1], [1, 0]], jnp.int32)).solved)
    bay = open_instance([0, 2], [2, 0], walls=(3, 5, 6, 7, 8))
    actions, cost = mapf.plan_in_order(bay, jnp.asarray([0, 1], jnp.int32), 8)
    assert [int(a) for a in actions[:, 0]] == [RIGHT, RIGHT] + [STAY] * 6
    assert float(cost) >= mapf.NOWHERE  # the first one goes straight on, so that the second would have to leave at once
    plan = TASK.plan(open_instance([0, 8], [8, 0]), jnp.asarray([[0, 1], [1, 0]], jnp.int32))
    assert bool(plan.solved)


def test_the_cheapest_order_is_kept() -> None:
    made = jax.tree.map(lambda x: x[0], WORLD.test)
    orders = jnp.asarray(list(itertools.permutations(range(6)))[::97], jnp.int32)
    costs = [float(mapf.plan_in_order(made, order, 40)[1]) for order in orders]
    best = TASK.plan(made, orders)
    expected, cost = mapf.plan_in_order(made, orders[int(np.argmin(costs))], 40)
    np.testing.assert_array_equal(best.actions, expected)
    assert min(costs) == float(cost)
    assert float(cost) >= float(made.cost[made.start, made.goal].sum())  # nobody is faster than alone


def test_sight_by_hand() -> None:
    one = open_instance([0, 4, 8], [8, 0, 6], walls=(1,))
    made = jax.tree.map(lambda x: x[None], one)
    agents = mapf.begin(made, 40)._replace(last=jnp.asarray([[RIGHT, mapf.NONE, STAY]], jnp.int32))
    seen = jax.tree.map(np.asarray, mapf.look(made, agents, jnp.asarray(3, jnp.int32), 3))
    patch = seen.patch[0].reshape(5, 5)
    np.testing.assert_array_equal(patch[2:, 2:], [[0, 0, -2], [-1, -2, -3], [-2, -3, -4]])
    assert not seen.blocked[0].reshape(5, 5)[2:, 2:].ravel()[[0, 2, 3, 4, 5, 6, 7, 8]].any()
    assert seen.blocked[0].reshape(5, 5)[2, 3] and seen.blocked[0].reshape(5, 5)[:2].all()
    np.testing.assert_allclose(seen.own[0, :2], [2 / 3, 2 / 3], rtol=1e-6)
    np.testing.assert_array_equal(seen.own[0, 2:8], [0, 0, 0, 1, 0, 0])
    np.testing.assert_array_equal(seen.own[0, 8:], [0, 1, 0, 0])  # down: to the right is the obstacle
    np.testing.assert_array_equal(nearer_ways(seen)[0], [False, True, False, False])
    assert seen.present.all()
    np.testing.assert_allclose(seen.others[0, :, :2], np.array([[0.5, 0.5], [1, 1]]))  # the nearer one first
    np.testing.assert_allclose(seen.others[0, 0, 2:], seen.own[1])
    np.testing.assert_array_equal(seen.header, [[0, 0, 3], [0, 1, 3], [0, 2, 3]])


def test_those_far_away_are_not_seen() -> None:
    one = open_instance([0, 3, 12], [15, 12, 0], side=4)
    made = jax.tree.map(lambda x: x[None], one)
    seen = jax.tree.map(np.asarray, mapf.look(made, mapf.begin(made, 40), jnp.asarray(0, jnp.int32), 4))
    assert not seen.present.any() and (seen.others == 0).all()


def test_demonstrations() -> None:
    data = jax.tree.map(np.asarray, WORLD.data)
    assert data.action.shape == (5 * 20 * 6,) == (TASK.spec.steps,)
    chance = np.diff(data.drawn, prepend=0.0)
    assert data.drawn[-1] == pytest.approx(1.0)
    useful = chance > 0
    waits = chance[data.action == STAY].sum()
    assert waits <= 0.2 + 1e-4
    ways = data.sight.own[:, -4:] > 0
    towards = ways[useful & (data.action < STAY), data.action[useful & (data.action < STAY)]]
    assert towards.mean() > 0.9  # the expert seldom makes way
    assert (chance[(data.sight.own[:, :2] != 0).any(1) & useful & (data.action == STAY)] > 0).all()


def test_kept_rests() -> None:
    kind = jnp.asarray([mapf.MOVE] * 8 + [mapf.WAIT] + [mapf.REST] * 4 + [mapf.UNUSED] * 9)
    assert float(mapf.kept_rests(kind)) == pytest.approx((8 / 4 - 1) / 4)  # then 2 of 10 are waits
    assert float(mapf.kept_rests(jnp.asarray([mapf.MOVE] * 40 + [mapf.REST]))) == 1
    assert float(mapf.kept_rests(jnp.asarray([mapf.MOVE] + [mapf.WAIT] * 3))) == 0


def test_references() -> None:
    judge = jax.jit(lambda world, key, learner: TASK.evaluate(world, key, learner))
    best = judge(WORLD, KEY, TASK.oracle(WORLD))
    assert float(best["success_share"]) == 1
    assert float(best["success_rate"]) == pytest.approx(float(np.asarray(WORLD.plans.solved).mean()))
    plans = jax.tree.map(np.asarray, WORLD.plans)
    lengths = []
    for i in range(6):
        made = jax.tree.map(lambda x, i=i: x[i], WORLD.test)
        home = (followed(made, plans.actions[i]) == np.asarray(made.goal)).all(1)
        lengths.append(home.argmax() if plans.solved[i] else 40)
    assert float(best["makespan"]) == pytest.approx(np.mean(lengths))
    floor = judge(WORLD, KEY, TASK.floor(WORLD))
    assert float(floor["success_rate"]) == 0 and float(floor["arrival_share"]) < 0.5


def sight(own: np.ndarray, others: np.ndarray | None = None, present: np.ndarray | None = None) -> Sight:
    rows = len(own)
    return Sight(
        patch=jnp.zeros((rows, 25)),
        blocked=jnp.zeros((rows, 25), bool),
        own=jnp.asarray(own, jnp.float32),
        others=jnp.zeros((rows, 5, 14)) if others is None else jnp.asarray(others, jnp.float32),
        present=jnp.zeros((rows, 5), bool) if present is None else jnp.asarray(present),
        header=jnp.zeros((rows, 3), jnp.int32),
    )


def test_greedy_wait() -> None:
    own = np.zeros((4000, 12))
    own[:2000, [9, 11]] = 1  # down and right lead nearer; the others are at their goals
    acted = np.asarray(method("greedy_wait", wait=0.25).act((), sight(own), KEY))
    assert (acted[2000:] == STAY).all()
    shares = np.bincount(acted[:2000], minlength=5) / 2000
    np.testing.assert_allclose(shares, [0, 0.375, 0, 0.375, 0.25], atol=0.035)
    assert (np.asarray(method("greedy_wait", wait=0.0).act((), sight(own), KEY))[:2000] != STAY).all()


def test_sidestep() -> None:
    """Down leads nearer; an agent there, or an obstacle, makes it wait or step aside to a free cell."""
    own = np.zeros((3000, 12))
    own[:, 9] = 1
    others = np.zeros((3000, 5, 14))
    others[:, 0, :2] = [0.5, 0.0]  # below
    others[:, 1, :2] = [0.0, -0.5]  # to the left, but not there
    present = np.zeros((3000, 5), bool)
    present[:, 0] = True
    calm = method("sidestep", jitter=0.0)
    met = sight(own, others, present)
    walled = met._replace(blocked=met.blocked.at[:, jnp.asarray([7, 13])].set(True))  # above, and to the right
    assert (np.asarray(calm.act((), sight(own), KEY)) == DOWN).all()
    np.testing.assert_array_equal(free_ways(met)[0], [True, False, True, True])
    np.testing.assert_array_equal(free_ways(walled)[0], [False, False, True, False])

    def shares(acted: jax.Array) -> np.ndarray:
        return np.bincount(np.asarray(acted), minlength=5) / 3000

    np.testing.assert_allclose(shares(calm.act((), met, KEY)), [0.25, 0, 0.25, 0.25, 0.25], atol=0.035)
    np.testing.assert_allclose(shares(calm.act((), walled, KEY)), [0, 0, 0.5, 0, 0.5], atol=0.035)
    shaken = method("sidestep", jitter=0.4).act((), sight(own), KEY)
    np.testing.assert_allclose(shares(shaken), [0.08, 0.68, 0.08, 0.08, 0.08], atol=0.035)
    home = sight(np.zeros((3000, 12)), others, present)
    assert (np.asarray(calm.act((), home, KEY)) == STAY).all()
    restless = method("sidestep", jitter=0.4).act((), home, KEY)
    np.testing.assert_allclose(shares(restless), [0.1, 0, 0.1, 0.1, 0.7], atol=0.035)


def test_one_agent_is_greedy_and_optimal() -> None:
    alone = registry.load("tasks", "local_policies/grid_mapf")(instances=6, lessons=2, orders=1, agents=1)
    world = jax.jit(alone.sample)(KEY)
    found = jax.jit(lambda world, key: alone.evaluate(world, key, Learner(method("greedy_wait", wait=0.0), ())))(
        world, KEY
    )
    best = np.asarray(world.test.cost)[np.arange(6)[:, None], world.test.start, world.test.goal]
    assert float(found["success_rate"]) == 1 == float(world.plans.solved.mean())
    assert float(found["makespan"]) == pytest.approx(best.mean())


def random_sight(rows: int = 7) -> Sight:
    rng = np.random.default_rng(2)
    own = rng.normal(size=(rows, 12))
    return sight(own, rng.normal(size=(rows, 5, 14)), rng.uniform(size=(rows, 5)) < 0.6)


def test_attention_does_not_heed_the_order_of_others() -> None:
    learner = method("mapf_transformer")
    params = learner.init(KEY).params
    network = mapf_transformer.Attentive()
    seen = random_sight()
    logits = network.apply(params, seen)
    order = np.array([3, 0, 4, 1, 2])
    mixed = seen._replace(others=seen.others[:, order], present=seen.present[:, order])
    np.testing.assert_allclose(network.apply(params, mixed), logits, atol=1e-5)
    hidden = seen._replace(others=jnp.where(seen.present[..., None], seen.others, 7.0))
    np.testing.assert_allclose(network.apply(params, hidden), logits, atol=1e-5)
    closer = seen._replace(others=seen.others + 1.0)
    assert (np.abs(network.apply(params, closer) - logits) > 1e-3).any()


def test_the_plain_network_by_hand() -> None:
    learner = method("mlp_clone")
    params = learner.init(KEY).params
    seen = random_sight()
    x = np.concatenate(
        [seen.patch / 4, seen.blocked, seen.own, np.asarray(seen.others).reshape(7, -1), seen.present], axis=1
    ).astype(np.float64)
    layers = params["params"]["MLP_0"]
    for i in range(3):
        x = x @ np.asarray(layers[f"Dense_{i}"]["kernel"]) + np.asarray(layers[f"Dense_{i}"]["bias"])
        x = np.maximum(x, 0) if i < 2 else x
    np.testing.assert_allclose(mlp_clone.SideBySide().apply(params, seen), x, rtol=1e-3, atol=1e-4)


def test_draws_follow_the_temperature() -> None:
    logits = jnp.broadcast_to(jnp.log(jnp.asarray([0.1, 0.2, 0.3, 0.4, 1e-9]))[None], (6000, 5))
    for temperature in (0.5, 1.0):
        drawn = np.bincount(np.asarray(clone.draw(logits, temperature, KEY)), minlength=5) / 6000
        expected = np.array([0.1, 0.2, 0.3, 0.4, 0.0]) ** (1 / temperature)
        np.testing.assert_allclose(drawn, expected / expected.sum(), atol=0.025)


@pytest.mark.parametrize("stem", ["mapf_transformer", "mlp_clone"])
def test_both_learn_the_expert(stem: str) -> None:
    learner = method(stem, lr=0.01)
    state = learner.init(KEY)
    update = jax.jit(learner.update)
    for step in range(80):
        state = update(state, (), jax.random.fold_in(KEY, step))
    network: Any = {"mapf_transformer": mapf_transformer.Attentive(), "mlp_clone": mlp_clone.SideBySide()}[stem]
    chance = np.diff(np.asarray(WORLD.data.drawn), prepend=0.0)
    right = np.asarray(network.apply(state.params, WORLD.data.sight).argmax(-1)) == np.asarray(WORLD.data.action)
    assert (chance * right).sum() > 0.6


def test_a_batch_is_drawn_by_its_chances(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clone, "BATCH", 4000)
    data = WORLD.data._replace(drawn=jnp.cumsum(jnp.where(jnp.arange(TASK.spec.steps) % 200 == 7, 1 / 3, 0.0)))
    seen: list[np.ndarray] = []

    class Watching:
        def apply(self, params: Any, sight: Sight) -> jax.Array:
            seen.append(np.asarray(sight.header))
            return jnp.zeros((len(sight.header), 5)) + params[None]

    state = clone.State(params=jnp.zeros(5), moments=clone.optim.adam(0.0, 1).init(jnp.zeros(5)))
    with jax.disable_jit():
        clone.train(Watching(), state, data, 0.1, 10, KEY)  # type: ignore[arg-type]
    rows = [tuple(row) for row in np.asarray(WORLD.data.sight.header)[7::200]]
    counts = [sum(tuple(r) == row for r in seen[0]) for row in rows]
    assert sum(counts) == 4000 and min(counts) > 1200


def test_the_spec_says_how_many_steps() -> None:
    assert TASK.spec == AgentSpec(others=5, steps=600)
