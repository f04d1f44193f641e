"""The lattice's laws, costs by loops, plans by scipy, and what a game of two networks learns."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from toybench.methods.transport_maps import _saddle
from toybench.methods.transport_maps.class_affine_map import ClassAffineMap
from toybench.methods.transport_maps.discrete_class_ot import DiscreteClassOT
from toybench.methods.transport_maps.not_class_guided import NotClassGuided, guided_cost
from toybench.methods.transport_maps.quadratic_neural_ot import QuadraticNeuralOT
from toybench.protocol import Learner
from toybench.tasks.transport_maps import ClassSpec, Examples, Rounds
from toybench.tasks.transport_maps.class_transport import ClassTransport, World, nodes, spread

KEY = jax.random.key(0)
ROUND = ClassTransport()
BENT = ClassTransport(shape="bent")
WORLDS = {"round": ROUND.sample(KEY), "bent": BENT.sample(KEY)}
BOTH = pytest.mark.parametrize("task", [ROUND, BENT], ids=["round", "bent"])


def array(*shape: int, seed: int = 0) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def bound(method: Any, task: ClassTransport, steps: int = 1) -> Any:
    return replace(method, spec=task.spec, given=task.given(WORLDS[task.shape]), steps=steps)


def judged(method: Any, task: ClassTransport) -> dict[str, float]:
    """What a method that takes no steps comes to."""
    own = bound(method, task)
    found = task.evaluate(WORLDS[task.shape], KEY, Learner(own, own.init(KEY)))
    return {name: float(value) for name, value in found.items()}


def of_class(task: ClassTransport, points: jax.Array) -> jax.Array:
    """The likeliest target class [c, m] of points [c, m, d]."""
    world: World = WORLDS[task.shape]
    return task.likeliest(world.target, points.reshape(-1, 2)).reshape(points.shape[:2])


@BOTH
def test_a_component_has_the_moments_that_the_page_names(task: ClassTransport) -> None:
    noise = array(20000, 2)
    points = np.asarray(task.shaped(noise))
    scale, bend, thin = {"round": (0.15, 0.0, 1.0), "bent": (0.25, 0.5, 0.3)}[task.shape]
    np.testing.assert_allclose(points.mean(0), 0.0, atol=0.01)
    np.testing.assert_allclose(points.var(0), [scale**2, scale**2 * (thin**2 + 2 * bend**2)], rtol=0.05)
    np.testing.assert_allclose(task.unshaped(task.shaped(noise[:50])), noise[:50], atol=1e-4)


@BOTH
def test_the_target_permutes_labels_of_one_lattice(task: ClassTransport) -> None:
    world = WORLDS[task.shape]
    assert sorted(map(tuple, np.asarray(world.target.centres))) == sorted(map(tuple, np.asarray(nodes())))
    fixed = (world.target.centres == world.source.centres).all(1).mean()
    stay = task.evaluate(world, KEY, task.chance(world))
    assert abs(float(stay["class_accuracy"]) - float(fixed)) < 0.02
    np.testing.assert_allclose(jnp.diff(jnp.unique(nodes()[:, 0])), 2.0)


@BOTH
def test_labelled_points_are_of_their_class(task: ClassTransport) -> None:
    world = WORLDS[task.shape]
    right = of_class(task, world.examples.target) == jnp.arange(16)[:, None]
    assert float(right.mean()) > 0.97
    inside = task.own_frames(world.target, world.y.reshape(-1, 2)).reshape(16, -1, 16, 2)
    own = jnp.stack([inside[c, :, c] for c in range(16)])
    np.testing.assert_allclose(own.std((0, 1)), 1.0, atol=0.05)  # normal numbers again


@BOTH
def test_references_are_where_they_should_be(task: ClassTransport) -> None:
    world = WORLDS[task.shape]
    oracle = task.evaluate(world, KEY, task.oracle(world))
    assert float(oracle["class_accuracy"]) > 0.99
    assert abs(float(oracle["target_distance"])) < 1.0
    assert abs(float(oracle["class_distance"])) < 5.0
    floor = task.evaluate(world, KEY, task.floor(world))
    assert float(floor["class_accuracy"]) == 1 / 16
    assert 1900 < float(floor["target_distance"]) < 2000


def test_spread_is_a_loop_over_pairs_that_differ() -> None:
    """Two classes are drawn, then a point of each; points of one class are different ones."""
    points = np.asarray(array(3, 4, 2))
    total = 0.0
    for a in range(3):
        for b in range(3):
            pairs = [
                np.linalg.norm(points[a, i] - points[b, j]) for i in range(4) for j in range(4) if a != b or i != j
            ]
            total += np.mean(pairs) / 9
    np.testing.assert_allclose(spread(jnp.asarray(points)), total, rtol=1e-5)


def test_a_batch_has_all_classes_in_equal_shares() -> None:
    _, batch = ROUND.draw(WORLDS["round"], KEY, None)
    assert batch.source.shape == (10, 16, 2, 2)
    counts = jnp.bincount(ROUND.likeliest(WORLDS["round"].target, batch.target.reshape(-1, 2)), length=16)
    np.testing.assert_allclose(counts, 40, atol=1)
    own = ROUND.likeliest(WORLDS["round"].source, batch.source[0].reshape(-1, 2))
    assert (own == jnp.repeat(jnp.arange(16), 2)).all()


def test_the_guided_cost_is_a_loop() -> None:
    moved = array(3, 2, 2)
    labelled = array(3, 4, 2, seed=1)
    total = 0.0
    for c in range(3):
        to = np.mean([np.linalg.norm(moved[c, i] - labelled[c, k]) for i in range(2) for k in range(4)])
        total += (to - 0.5 * np.linalg.norm(moved[c, 0] - moved[c, 1])) / 3
    np.testing.assert_allclose(guided_cost(moved, labelled), total, rtol=1e-5)


def test_the_guided_cost_has_no_bias() -> None:
    """Of two samples of one law it is half the mean distance within it, at any number of points."""
    points = array(20000, 2, 2)
    others = array(20000, 3, 2, seed=1)
    np.testing.assert_allclose(guided_cost(points, others), 0.5 * np.sqrt(np.pi), rtol=0.01)  # E|x - x'| in the plane
    away = guided_cost(points + 1, others)
    assert float(away) > float(guided_cost(points, others)) + 0.1


def test_one_round_steps_down_both_losses() -> None:
    """The first step of Adam is its rate against the slope's sign; slopes are written out once more here."""
    task = ClassTransport(rounds=1)
    method = replace(bound(NotClassGuided(lr=0.01, inner=1), task), spec=task.spec)
    state = method.init(KEY)
    batch = Rounds(source=array(1, 16, 2, 2), target=array(1, 32, 2, seed=1))

    def images(params: Any) -> jax.Array:
        return _saddle.network(2).apply(params, batch.source[0])

    def f(params: Any, x: jax.Array) -> jax.Array:
        return _saddle.network(1).apply(params, x).mean()

    def map_loss(params: Any) -> jax.Array:
        return guided_cost(images(params), method.given.target) - f(state.params["potential"], images(params))

    after = method.update(state, batch, KEY)

    def potential_loss(params: Any) -> jax.Array:
        return f(params, images(after.params["map"])) - f(params, batch.target[0])

    for name, loss in (("map", map_loss), ("potential", potential_loss)):
        slope = jax.grad(loss)(state.params[name])
        for old, new, g in zip(*map(jax.tree.leaves, (state.params[name], after.params[name], slope)), strict=True):
            sure = jnp.abs(g) > 1e-4
            np.testing.assert_allclose(jnp.where(sure, new - old + 0.01 * jnp.sign(g), 0.0), 0.0, atol=1e-4)


def test_more_turns_of_the_potential_leave_the_maps_as_many() -> None:
    method = bound(NotClassGuided(inner=5), ROUND, steps=3)
    _, batch = ROUND.draw(WORLDS["round"], KEY, None)
    after = method.update(method.init(KEY), batch, KEY)
    counts = {name: {int(c) for c in jax.tree.leaves(m) if c.ndim == 0} for name, m in after.moments.items()}
    assert counts == {"map": {10}, "potential": {2}}


def test_squared_distance_costs_what_it_says() -> None:
    source = array(3, 2, 2)
    np.testing.assert_allclose(QuadraticNeuralOT().cost(source, source + 2.0), 4.0, rtol=1e-5)


def test_affine_maps_carry_moments() -> None:
    method = bound(ClassAffineMap(rounds=0), ROUND)
    images = np.asarray(method.transport(method.init(KEY), method.given.source.reshape(-1, 2), KEY)).reshape(16, -1, 2)
    for c in (0, 7):
        target = np.asarray(method.given.target[c])
        np.testing.assert_allclose(images[c].mean(0), target.mean(0), atol=1e-4)
        np.testing.assert_allclose(np.cov(images[c].T, bias=True), np.cov(target.T, bias=True), atol=1e-4)


def test_unlabelled_targets_bring_affine_maps_nearer() -> None:
    alone = judged(ClassAffineMap(rounds=0), ROUND)
    assert alone["class_accuracy"] == 1.0
    assert judged(ClassAffineMap(rounds=1), ROUND)["class_distance"] < alone["class_distance"] / 2


def test_a_discrete_plan_is_the_best_assignment() -> None:
    source = array(2, 8, 2)
    target = array(2, 8, 2, seed=1) + 5.0
    given = Examples(source=source, target=target, unlabelled=target.reshape(-1, 2))
    spec = ClassSpec(classes=2, labelled=8, dims=2, rounds=1)
    method = DiscreteClassOT(spec=spec, given=given, eps=0.01, spread=False)
    images = method.init(KEY).images.reshape(2, 8, 2)
    for c in range(2):
        cost = ((source[c][:, None] - target[c][None, :]) ** 2).sum(-1)
        _, partner = linear_sum_assignment(cost)
        np.testing.assert_allclose(images[c], target[c][partner], atol=0.1)


def test_new_points_follow_their_neighbour() -> None:
    method = bound(DiscreteClassOT(), ROUND)
    state = method.init(KEY)
    x = method.given.source[:, 0]
    np.testing.assert_allclose(
        method.transport(state, x + 0.001, KEY) - method.transport(state, x, KEY), 0.001, atol=1e-5
    )


@BOTH
def test_unlabelled_targets_are_counted_to_their_class(task: ClassTransport) -> None:
    targets = bound(DiscreteClassOT(), task).targets()
    assert targets.shape == (16, 110, 2)
    assert float((of_class(task, targets) == jnp.arange(16)[:, None]).mean()) > 0.97


def trained(method: Any, task: ClassTransport) -> dict[str, jax.Array]:
    own = bound(method, task, steps=30)
    world = WORLDS[task.shape]

    def step(state: Any, key: jax.Array) -> tuple[Any, None]:
        _, batch = task.draw(world, key, None)
        return own.update(state, batch, key), None

    state, _ = jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(KEY, 30)))(own.init(KEY))
    answer = SimpleNamespace(transport=lambda x, key: own.transport(state, x, key))
    return task.evaluate(world, KEY, answer)


def test_labels_send_classes_home_and_the_cheapest_map_leaves_them() -> None:
    guided = trained(NotClassGuided(lr=0.01), ROUND)
    assert float(guided["class_accuracy"]) > 0.9
    cheapest = trained(QuadraticNeuralOT(lr=0.01), ROUND)
    assert float(cheapest["class_accuracy"]) < 0.4
    assert float(cheapest["target_distance"]) < 50
