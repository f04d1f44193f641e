"""What networks read, how they are trained, and what drivers make of their answers."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.imitation_driving import _cloning as cloning
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.imitation_driving import SPEEDS, WAITS, Lesson, Recorded, View
from toybench.tasks.imitation_driving import _road as roads

KEY = jax.random.key(8)
TASK = registry.load("tasks", "imitation_driving/driving")(cars=32, states=600)
WORLD = jax.jit(TASK.sample)(KEY)
BATCH = jax.jit(lambda: TASK.draw(WORLD, KEY, None)[1])()
VIEW = BATCH.driven.view


def method(stem: str, **values: Any) -> Any:
    kind = registry.load("methods", f"imitation_driving/{stem}")
    return kind(spec=TASK.spec, given=TASK.given(WORLD), steps=300, **values)


def constant(one: Any, answer: Any) -> Learner:
    """A driver whose network always gives this answer."""
    state = jax.eval_shape(one.init, KEY)
    params = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), state.params)
    params["params"]["Dense_2"]["bias"] = jnp.asarray(answer, jnp.float32)
    return Learner(one, cloning.State(params=params, moments=()))


def trained(one: Any) -> Any:
    def step(state: Any, key: jax.Array) -> tuple[Any, None]:
        return one.update(state, TASK.draw(WORLD, key, None)[1], key), None

    return jax.lax.scan(step, one.init(KEY), jax.random.split(KEY, one.steps))[0]


def result(one: Any) -> dict[str, float]:
    scores = jax.jit(lambda: TASK.evaluate(WORLD, KEY, Learner(one, trained(one))))()
    return {k: float(v) for k, v in scores.items()}


PATH = [1.0, 0.1, 2.0, 0.3, 3.0, 0.5, 4.0, 0.7]


def told(chances: list[float]) -> list[float]:
    """A path, and logits of these chances."""
    return [*PATH, *np.log(chances).tolist()]


def test_speed_by_confidence_by_hand() -> None:
    even = constant(method("path_speed"), told([0.4, 0.1, 0.2, 0.3])).drive(VIEW)
    np.testing.assert_allclose(even.speed, 0.025 + 0.12 + 0.3, atol=1e-6)
    np.testing.assert_allclose(even.aim, [[2.0, 0.3]] * len(VIEW.speed), atol=1e-6)
    likely = told([0.6, 0.0001, 0.0999, 0.3])
    np.testing.assert_allclose(constant(method("path_speed"), likely).drive(VIEW).speed, 0, atol=1e-6)
    rash = constant(method("path_speed", threshold=1.0), likely).drive(VIEW)
    np.testing.assert_allclose(rash.speed, 0.25 * 0.0001 + 0.6 * 0.0999 + 0.3, atol=1e-6)


def test_the_likeliest_speed_by_hand() -> None:
    chances = told([0.3, 0.1, 0.4, 0.2])
    command = constant(method("path_argmax_speed"), chances).drive(VIEW)
    np.testing.assert_allclose(command.speed, 0.6, atol=1e-6)
    np.testing.assert_allclose(command.aim[0], [2.0, 0.3], atol=1e-6)
    slow = np.asarray(constant(method("slowed_argmax", caution=0.5), chances).drive(VIEW).speed)
    sighted = np.asarray(VIEW.line) < 6
    assert 0 < sighted.sum() < len(sighted)
    np.testing.assert_allclose(slow, np.where(sighted, 0.3, 0.6), atol=1e-6)
    plain = constant(method("slowed_argmax", caution=1.0), chances).drive(VIEW)
    np.testing.assert_array_equal(plain.speed, command.speed)


def test_where_all_is_certain_confidence_is_the_likeliest() -> None:
    for number, speed in enumerate(SPEEDS):
        sure = told([1 - 3e-9 if i == number else 1e-9 for i in range(4)])
        for stem in ("path_speed", "path_argmax_speed"):
            np.testing.assert_allclose(constant(method(stem), sure).drive(VIEW).speed, speed, atol=1e-6)


def test_waypoints_by_hand() -> None:
    command = constant(method("waypoints"), [0.8, 0.0, 1.4, 0.0, 2.0, 0.1, 2.6, 0.2]).drive(VIEW)
    np.testing.assert_allclose(command.speed, 0.6, atol=1e-6)
    np.testing.assert_allclose(command.aim[0], [2.0, 0.1], atol=1e-6)
    still = constant(method("waypoints"), [0.1, 0.0, 0.1, 0.0, 0.1, 0.0, 0.1, 0.05]).drive(VIEW)
    np.testing.assert_allclose(still.speed, 0, atol=1e-6)
    np.testing.assert_allclose(still.aim[0], [0.1, 0.05], atol=1e-6)


@pytest.mark.parametrize("squared", [False, True])
def test_of_two_futures_an_absolute_error_takes_one_a_squared_one_the_mean(squared: bool) -> None:
    """The same view, whose expert stops in a third of the states."""
    stays = jnp.arange(len(VIEW.speed)) % 3 == 0
    goes = jnp.broadcast_to(jnp.asarray([[1.0, 0], [2, 0], [3, 0], [4, 0]]), (len(stays), 4, 2))
    lesson = BATCH.driven._replace(
        view=jax.tree.map(lambda x: jnp.broadcast_to(x[:1], x.shape), VIEW),
        waypoints=jnp.where(stays[:, None, None], 0.0, goes),
    )
    batch = Recorded(driven=lesson, shifted=lesson)
    one = method("squared_waypoints" if squared else "waypoints", lr=0.01)

    def step(state: Any, _: None) -> tuple[Any, None]:
        return one.update(state, batch, KEY), None

    state = jax.jit(lambda: jax.lax.scan(step, one.init(KEY), None, length=300)[0])()
    share = 1 - float(stays.mean()) if squared else 1.0
    np.testing.assert_allclose(one.drive(state, lesson.view).speed, share, atol=0.03)


def test_errors_by_hand() -> None:
    lesson = SimpleNamespace(path=jnp.zeros((2, 4, 2)), target=jnp.asarray([0, 3]))
    chances = jnp.asarray([[0.5, 0.1, 0.1, 0.3], [0.2, 0.2, 0.2, 0.4]])
    answer = jnp.concatenate([jnp.full((2, 8), 0.5), jnp.log(chances)], axis=1)
    shares: Any = jnp.asarray([0.125, 0.25, 0.25, 0.5])
    kept: Any = lesson
    found = cloning.path_error(answer, kept, shares)
    weights = np.array([2.0, 0.5])
    expected = 0.5 - (weights * np.log([0.5, 0.4])).sum() / weights.sum()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_half_of_the_states_are_shifted() -> None:
    plain = cloning.chosen(BATCH, False, KEY)
    np.testing.assert_array_equal(plain.path, BATCH.driven.path)
    mixed = cloning.chosen(BATCH, True, KEY)
    moved = np.asarray((mixed.path != BATCH.driven.path).any((1, 2)))
    assert 0.3 < moved.mean() < 0.7
    np.testing.assert_array_equal(mixed.path[moved], BATCH.shifted.path[moved])
    np.testing.assert_array_equal(mixed.view.offset[moved], BATCH.shifted.view.offset[moved])


def test_a_network_reads_only_its_target_points() -> None:
    moved = VIEW._replace(far=VIEW.far + 1)
    for target, differs in (("near", False), ("far", True), ("none", False)):
        here = cloning.inputs(VIEW, target)
        assert here.shape[1] == 12 + (0 if target == "none" else 2)
        assert bool((here != cloning.inputs(moved, target)).any()) == differs
        one = method("path_speed", target=target)
        assert one.drive(one.init(KEY), VIEW).aim.shape == (len(VIEW.speed), 2)


def seen_right(lesson: Lesson, wait: jax.Array) -> View:
    """What is seen without noise."""
    cue = jnp.where(lesson.view.cue == 0, 0.0, jnp.where(wait, 1.0, -1.0))
    straight = jnp.zeros_like(lesson.view.lane)
    nothing = jnp.zeros_like(lesson.view.offset)
    return lesson.view._replace(cue=cue, lane=straight, offset=nothing, turned=nothing)


def test_the_rule_drives_as_the_expert_where_the_cue_is_right() -> None:
    lesson = WORLD.recorded.driven
    stops = lesson.target == 0
    command = method("idm_rule", caution=1.0).drive((), seen_right(lesson, stops))
    np.testing.assert_allclose(command.speed, jnp.asarray(SPEEDS)[lesson.target], atol=1e-6)
    np.testing.assert_allclose(command.aim, [[2.0, 0.0]] * len(stops), atol=1e-6)


def test_the_rule_by_hand() -> None:
    one = jax.tree.map(lambda x: x[:3], VIEW)
    view = one._replace(
        speed=jnp.asarray([0.5, 0.5, 0.5]),
        line=jnp.asarray([4.0, 2.9, 6.0]),
        cue=jnp.asarray([1.0, 1.0, 0.0]),
        limit=jnp.asarray([[0.0, 0, 1], [0, 1, 0], [0, 1, 0]]),
        lane=jnp.asarray([[0.0, 0.4, 0, 0]] * 3),
        offset=jnp.asarray([0.1, 0.4, 0.4]),
        turned=jnp.asarray([0.0, jnp.pi / 2, 0.0]),
    )
    command = method("idm_rule", caution=0.5).drive((), view)
    np.testing.assert_allclose(command.speed, [0.5, 0, 0.6], atol=1e-6)
    np.testing.assert_allclose(command.aim, [[2, 0.3], [0, -2], [2, 0]], atol=1e-6)


def test_bayes_rule_by_hand() -> None:
    one = jax.tree.map(lambda x: x[:4], VIEW)
    view = one._replace(
        speed=jnp.asarray([1.0, 1.0, 1.0, 0.5]),
        line=jnp.asarray([3.0, 3.0, 5.0, 4.0]),
        cue=jnp.asarray([1.0, -1.0, 1.0, 1.0]),
        limit=jnp.asarray([[0.0, 0, 1]] * 4),
    )
    go = 0.4 * 0.2 / (0.4 * 0.2 + 0.6 * 0.8)
    plain = method("bayes_rule").drive((), view)
    np.testing.assert_allclose(plain.speed[jnp.asarray([0, 1, 3])], [0, 1 - go, 1], atol=1e-6)
    low = method("bayes_rule", weight=0.5).drive((), view).speed
    np.testing.assert_allclose(low[2], 1 - 0.2 * 0.6 / (0.2 * 0.6 + 0.6 * 0.4), atol=1e-6)
    np.testing.assert_array_equal(method("idm_rule").drive((), view).aim, plain.aim)


def test_bayes_rule_is_how_often_the_expert_stops() -> None:
    """At full speed 3 units from a line, of those who see a cue that says go."""
    waits = jax.random.uniform(KEY, (20_000,)) < WAITS
    line = jnp.full(waits.shape, 3.0)
    cue = roads.cue_of(waits, line, jax.random.uniform(jax.random.key(1), waits.shape))
    stops = float(waits[cue < 0].mean())
    one = jax.tree.map(lambda x: x[:1], VIEW)
    view = one._replace(speed=jnp.ones(1), line=line[:1], cue=-jnp.ones(1), limit=jnp.asarray([[0.0, 0, 1]]))
    np.testing.assert_allclose(method("bayes_rule").drive((), view).speed, 1 - stops, atol=0.01)


def test_it_learns_to_drive_and_to_come_back() -> None:
    floor = jax.jit(lambda: TASK.evaluate(WORLD, KEY, TASK.floor(WORLD)))()
    known = result(method("path_speed", lr=0.01))
    assert known["score"] > float(floor["score"]) + 0.2
    assert known["recovery"] > 0.6
    blind = result(method("path_speed", lr=0.01, augment=False, target="none"))
    assert blind["recovery"] < 0.3


def test_waypoints_learn_to_drive() -> None:
    assert result(method("waypoints", lr=0.01))["score"] > 0.7
