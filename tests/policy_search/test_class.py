"""Judges of a policy class: true values by enumeration, unbiased estimates, and what a query serves."""

from dataclasses import replace
from itertools import product
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.policy_search import ClassSpec, Simulator, zipf

KEY = jax.random.key(6)
NAMES = ("trajectory_tree", "uniform_weights", "per_policy_mc", "counted_model")


def small(**knobs: Any) -> Any:
    return registry.load("tasks", "policy_search/policy_class_search")(
        **{"leaves": 8, "states": 5, "instances": 2, "budget": 300, **knobs}
    )


def judge(name: str, task: Any, world: Any) -> Any:
    one = registry.load("methods", f"policy_search/{name}")()
    return replace(one, spec=task.spec, given=task.given(world))


def test_zipf_has_its_law() -> None:
    drawn = np.bincount(np.asarray(zipf(jax.random.uniform(KEY, (60_000,)), 5)), minlength=5) / 60_000
    want = 1 / np.arange(1, 6)
    np.testing.assert_allclose(drawn, want / want.sum(), atol=0.006)
    assert int(zipf(jnp.ones(1), 5)[0]) == 4


def test_values_of_the_class_by_enumerating_paths() -> None:
    """Two layers of three states: all first states and successors."""
    task = small(leaves=4, states=3, instances=1)
    world = jax.jit(task.sample)(KEY)
    following = np.asarray(world.simulator.successors[0])
    rewards = np.asarray(world.simulator.rewards[0])
    law = 1 / np.arange(1, 4)
    law /= law.sum()
    for policy in range(7):
        plays = lambda h, s, p=policy: int(p == 1 + h * 3 + s)  # noqa: E731
        value = 0.0
        for s, i in product(range(3), range(8)):
            there = following[0, s, plays(0, s), i]
            value += law[s] / 8 * rewards[there, plays(1, there)]
        assert float(world.values[0, policy]) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("name", ["trajectory_tree", "uniform_weights"])
def test_estimates_are_unbiased_for_every_policy(name: str) -> None:
    task = small()
    world = jax.jit(task.sample)(KEY)
    learner = judge(name, task, world)
    values = jax.jit(jax.vmap(lambda k: learner.values((), k)))(jax.random.split(KEY, 400))
    error = np.asarray(values.mean(0) - world.values)
    assert (np.abs(error) < 4.5 * np.asarray(values.std(0)) / 20 + 1e-4).all()


def test_spanning_capacity_by_brute_force() -> None:
    """Where every path has its own state, the class reaches H + 1 leaves by H (H + 3) / 2 pairs."""
    for layers, pairs, leaves in ((4, 14, 5), (5, 20, 6)):
        states = [path for h in range(layers) for path in product((0, 1), repeat=h)]
        seen = set()
        ends = set()
        for deviation in [None, *states]:
            path: tuple[int, ...] = ()
            for _ in range(layers):
                action = int(path == deviation)
                seen.add((path, action))
                path = (*path, action)
            ends.add(path)
        assert (len(seen), len(ends)) == (pairs, leaves)
        spec = ClassSpec(instances=1, layers=layers, states=32, budget=1000)
        tree = replace(registry.load("methods", "policy_search/trajectory_tree")(), spec=spec)
        assert tree.each() == pairs and tree.needed() == 1000 // pairs * pairs


def test_trees_are_exact_without_chance() -> None:
    """One state a layer leads to one state: a single tree knows all values."""
    following = jnp.broadcast_to(jnp.array([[1, 2], [2, 0], [0, 1]])[None, None, :, :, None], (1, 3, 3, 2, 8))
    simulator = Simulator(
        successors=following.astype(jnp.int32), rewards=jnp.array([[[0.1, 0.9], [0.4, 0.2], [0.7, 0.6]]])
    )
    task = small(states=3, instances=1, budget=9)
    learner = replace(registry.load("methods", "policy_search/trajectory_tree")(), spec=task.spec, given=simulator)
    values = np.asarray(learner.values((), KEY)[0])
    start = int(simulator.begin(jax.random.uniform(jax.random.split(KEY, 1)[0], (3, 1, 4))[0, :, -1])[0])
    table = np.asarray(following[0, 0, :, :, 0])
    rewards = np.asarray(simulator.rewards[0])
    for policy in range(10):
        s = start
        for h in range(3):
            action = int(policy == 1 + h * 3 + s)
            paid = rewards[s, action]
            s = table[s, action]
        assert values[policy] == pytest.approx(paid, abs=1e-6)


@pytest.mark.parametrize("leaves", [16, 128, 1024])
@pytest.mark.parametrize("name", NAMES)
def test_nobody_asks_more_than_the_budget(name: str, leaves: int) -> None:
    spec = small(leaves=leaves, states=32, budget=4000).spec
    learner = replace(registry.load("methods", f"policy_search/{name}")(), spec=spec)
    assert 0.8 * 4000 < learner.needed() <= 4000


def test_a_large_counted_model_is_the_world() -> None:
    task = small(budget=60_000)
    world = jax.jit(task.sample)(KEY)
    found = judge("counted_model", task, world).values((), KEY)
    np.testing.assert_allclose(found, world.values, atol=0.02)


def test_a_large_race_finds_the_best_policy() -> None:
    task = small(budget=90_000)
    world = jax.jit(task.sample)(KEY)
    learner = judge("per_policy_mc", task, world)
    assert learner.rounds()[0][0] == task.spec.policies
    metrics = task.evaluate(world, KEY, Learner(learner, ()))
    assert float(metrics["suboptimality"]) < 0.15
    floor = task.floor(world).metrics
    assert float(metrics["value_error"]) < float(floor["value_error"])


def test_weights_lose_to_trees_as_the_sequences_multiply() -> None:
    lost = {}
    for name in ("trajectory_tree", "uniform_weights"):
        task = small(leaves=256, states=8, instances=8, budget=3000)
        world = jax.jit(task.sample)(KEY)
        lost[name] = np.abs(np.asarray(judge(name, task, world).values((), KEY) - world.values)).max(-1).mean()
    assert lost["trajectory_tree"] < 0.5 * lost["uniform_weights"]


def test_what_a_choice_loses() -> None:
    """Nothing for the best policy, all that there is to gain for the one without deviation, more for the worst."""
    task = small()
    world = jax.jit(task.sample)(KEY)
    best = world.values.max(-1)
    never = world.values[:, 0]
    worst = float(((best - world.values.min(-1)) / (best - never)).mean())
    first = jax.nn.one_hot(jnp.zeros(2, int), task.spec.policies)
    for estimates, lost in ((world.values, 0.0), (first, 1.0), (-world.values, worst)):
        learner = SimpleNamespace(values=lambda key, e=estimates: e, queries=lambda: jnp.zeros(()))
        found = task.evaluate(world, KEY, learner)
        assert float(found["suboptimality"]) == pytest.approx(lost, abs=1e-5)
        assert float(found["value_error"]) == pytest.approx(float(jnp.abs(estimates - world.values).max(-1).mean()))


def test_the_better_half_races_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roll-outs that pay a policy's number: the highest numbers stay."""
    rolled = []
    kind = registry.load("methods", "policy_search/per_policy_mc")

    def paid(self: Any, simulator: Any, policies: Any, key: Any) -> Any:
        rolled.append(set(np.asarray(policies).tolist()))
        return policies / 10

    monkeypatch.setattr(kind, "returns", paid)
    learner = replace(kind(), spec=ClassSpec(instances=1, layers=2, states=4, budget=400))
    np.testing.assert_allclose(learner.judge(None, KEY), np.arange(9) / 10, rtol=1e-6)
    assert rolled == [set(range(9)), {5, 6, 7, 8}, {7, 8}, {8}]
