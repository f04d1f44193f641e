"""Roads, cars, cues, stop lines, and what is recorded of the expert."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from toybench.plugins import registry
from toybench.tasks.imitation_driving import SIGHT, SPEEDS, Command, Lesson, chance_right, driving
from toybench.tasks.imitation_driving import _road as roads

KEY = jax.random.key(3)
TASK = registry.load("tasks", "imitation_driving/driving")(cars=16, states=400)
WORLD = jax.jit(TASK.sample)(KEY)
ONE = jnp.ones(1)
ZERO = jnp.zeros(1)
STRAIGHT = roads.Road(bend=jnp.zeros((1, 1)), wave=jnp.ones((1, 1)), phase=jnp.zeros((1, 1)))
WINDING = roads.Road(bend=jnp.asarray([[0.08, 0.06]]), wave=jnp.asarray([[0.3, 0.7]]), phase=jnp.asarray([[1.0, 4.0]]))


def angle_of(along: Any) -> np.ndarray:
    """Direction of the winding road, by numpy."""
    bend, wave, phase = (np.asarray(x)[0] for x in WINDING)
    return sum(b / w * np.sin(w * np.asarray(along) + p) for b, w, p in zip(bend, wave, phase, strict=True))


def place_of(along: float) -> np.ndarray:
    """Place of the winding road's middle, by fine sums."""
    steps = 4000
    middles = (np.arange(steps) + 0.5) * along / steps
    return along / steps * np.array([np.cos(angle_of(middles)).sum(), np.sin(angle_of(middles)).sum()])


travel = jax.jit(driving.travel, static_argnums=1)
approach = jax.jit(roads.approach)
EXPERT = driving.Expert(blind=False)


def expert(lesson: Lesson) -> Command:
    """What the expert does."""
    return EXPERT.act(lesson)


def straight_to(speed: float) -> Any:
    """A driver that goes along the true path at a speed."""
    return lambda lesson: Command(aim=lesson.path[:, 1], speed=jnp.full_like(lesson.view.speed, speed))


def route(line: float, waits: bool, doubt: float = 0.0, steps: int = 30) -> driving.Routes:
    """A straight route with one stop line."""
    return driving.Routes(
        road=STRAIGHT,
        line=jnp.full((1, 1), line),
        waits=jnp.full((1, 1), waits),
        doubt=jnp.full((1, 1, 2), doubt),
        limit=jnp.full((1, 8), 3, jnp.int32),
        noise=jnp.zeros((steps, 1, driving.NOISES)),
    )


def test_curvature_is_the_slope_of_direction() -> None:
    s = jnp.linspace(0, 20, 2001)
    slope = np.gradient(np.asarray(roads.direction(WINDING, s[None])[0], np.float64), np.asarray(s))
    bends = jax.vmap(lambda x: roads.curvature(WINDING, x[None])[0])(s)
    np.testing.assert_allclose(slope[1:-1], bends[1:-1], atol=2e-3)
    np.testing.assert_allclose(roads.direction(WINDING, s[None])[0], angle_of(s), atol=1e-5)


def test_the_lane_ahead_by_fine_sums() -> None:
    lane = np.asarray(roads.lane_ahead(WINDING, ONE * 2))[0]
    angle = angle_of(2.0)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    for distance in (0.25, 4.0, 11.0):
        expected = turn @ (place_of(2 + distance) - place_of(2))
        np.testing.assert_allclose(lane[round(4 * distance)], expected, atol=2e-3)
    line = roads.lane_ahead(STRAIGHT, ZERO)
    np.testing.assert_allclose(line[0, :, 0], np.arange(45) / 4, atol=1e-5)
    between = roads.place(line, jnp.asarray([[0.1, 3.3, 11.0]]))
    np.testing.assert_allclose(between[0], [[0.1, 0], [3.3, 0], [11, 0]], atol=1e-5)


def test_the_view_from_a_car_turns_and_shifts() -> None:
    car = roads.Car(along=ZERO, offset=ONE * 0.5, turned=ONE * np.pi / 2, speed=ONE)
    seen = roads.seen_from(car, jnp.asarray([[[0.0, 0.5], [2.0, 0.5], [0.0, 1.5]]]))
    np.testing.assert_allclose(seen[0], [[0, 0], [0, -2], [1, 0]], atol=1e-6)


def test_a_car_moves_as_on_the_plane() -> None:
    """A unicycle on the plane, by fine steps, comes to the same place and direction."""
    car = roads.Car(along=ONE * 2, offset=ONE * 0.4, turned=ONE * 0.2, speed=ONE * 0.8)
    command = Command(aim=jnp.asarray([[2.0, -0.3]]), speed=ONE * 0.8)
    then = jax.jit(roads.move)(WINDING, car, command, 0.15)
    bend = 2 * -0.3 / (4 + 0.09)
    angle = angle_of(2.0) + 0.2
    spot = place_of(2.0) + 0.4 * np.array([-np.sin(angle_of(2.0)), np.cos(angle_of(2.0))])
    for _ in range(4000):
        spot = spot + 0.8 / 4000 * np.array([np.cos(angle), np.sin(angle)])
        angle += 0.8 / 4000 * bend
    s = float(then.along[0])
    place = place_of(s) + float(then.offset[0]) * np.array([-np.sin(angle_of(s)), np.cos(angle_of(s))])
    np.testing.assert_allclose(place, spot, atol=0.02)
    np.testing.assert_allclose(angle_of(s) + float(then.turned[0]), angle, atol=0.01)


def test_speeds_rise_and_fall_by_what_a_car_can() -> None:
    speed = jnp.asarray([0.0, 0.5, 1.0, 0.55])
    np.testing.assert_allclose(roads.approach(speed, jnp.asarray([1, 0.55, 0, 0.5]), 0.15), [0.1, 0.55, 0.85, 0.5])
    for brake, units in ((0.15, 2.85), (0.2, 2.0)):
        gone = 0.0
        now = jnp.asarray(1.0)
        while float(now) > 1e-6:
            now = approach(now, jnp.asarray(0.0), brake)
            gone += float(now)
        np.testing.assert_allclose(gone, units, atol=1e-5)


def test_cues_are_right_as_often_as_said_and_stay_right() -> None:
    np.testing.assert_allclose(chance_right(jnp.asarray([5.5, 5.0, 3.0, 2.0, 1.0, 0.5])), [0.6, 0.6, 0.8, 0.9, 1, 1])
    doubt = jnp.linspace(0, 1, 1001)
    wait = jnp.ones(1001, bool)
    cues = np.stack([roads.cue_of(wait, jnp.full(1001, line), doubt) for line in (4.0, 3.0, 2.0, 1.0)])
    np.testing.assert_allclose((cues > 0).mean(1), [0.7, 0.8, 0.9, 1], atol=2e-3)
    assert (np.diff(cues, axis=0) >= 0).all()
    np.testing.assert_array_equal(roads.cue_of(~wait, jnp.full(1001, 3.0), doubt), -cues[1])
    assert float(roads.cue_of(wait, jnp.full(1001, SIGHT), doubt).max()) == 0


def test_the_next_target_point_is_ahead_and_on_the_grid() -> None:
    along = jnp.linspace(0, 25, 400)
    for apart in (roads.NEAR, roads.FAR):
        distance = driving.next_target(along, apart)
        assert float(distance.min()) >= roads.LEAST - 1e-4
        assert float(distance.max()) <= roads.LEAST + apart + 1e-4
        grid = (along + distance) / apart
        np.testing.assert_allclose(grid, jnp.round(grid), atol=1e-4)


def test_the_expert_waits_for_who_has_to() -> None:
    here = jnp.asarray([5.1, 4.9, 4.9, 1.5, 0.9])
    speed = jnp.asarray([1.0, 1.0, 0.5, 0.0, 0.0])
    sign = roads.Sign(limit=jnp.full(5, 2, jnp.int32), line=here, wait=jnp.ones(5, bool), cue=jnp.ones(5))
    np.testing.assert_array_equal(roads.expert_speed(sign, here, speed), [2, 0, 2, 2, 0])
    np.testing.assert_array_equal(roads.expert_speed(sign._replace(wait=jnp.zeros(5, bool)), here, speed), 2)


def test_crossing_while_one_has_to_wait_is_counted_once() -> None:
    start = roads.Car(along=ZERO, offset=ZERO, turned=ZERO, speed=ONE)
    through = travel(route(6.5, True), straight_to(1.0), start, 0.15)
    np.testing.assert_allclose(through.crossed, 1)
    np.testing.assert_allclose(through.car.along, 30, atol=1e-4)
    np.testing.assert_allclose(travel(route(6.5, False), straight_to(1.0), start, 0.15).crossed, 0)
    slow = travel(route(6.5, True), straight_to(0.4), start, 0.15)  # 15 steps from sight to the line
    np.testing.assert_allclose(slow.crossed, 0)


def test_the_expert_stops_until_the_wait_is_over() -> None:
    start = roads.Car(along=ZERO, offset=ZERO, turned=ZERO, speed=ONE)
    waiting = travel(route(6.5, True, steps=12), expert, start, 0.15)
    assert 6.5 - 3 < float(waiting.car.along[0]) < 6.5
    end = travel(route(6.5, True), expert, start, 0.15)
    assert float(end.crossed[0]) == 0 and float(end.car.along[0]) > 12


def test_a_lost_car_stays_where_it_is() -> None:
    start = roads.Car(along=ZERO, offset=ONE * 2.5, turned=ZERO, speed=ONE)
    end = travel(route(6.5, True), straight_to(1.0), start, 0.15)
    np.testing.assert_allclose(end.car.along, 0)


def test_references() -> None:
    oracle = jax.jit(lambda: TASK.evaluate(WORLD, KEY, TASK.oracle(WORLD)))()
    floor = jax.jit(lambda: TASK.evaluate(WORLD, KEY, TASK.floor(WORLD)))()
    assert float(oracle["crossings"]) == 0 and float(oracle["score"]) > 0.95 and float(oracle["recovery"]) > 0.95
    assert float(floor["score"]) < 0.6 and float(floor["recovery"]) < 0.2 and float(floor["crossings"]) > 0.5


def test_what_is_recorded() -> None:
    driven = WORLD.recorded.driven
    shifted = WORLD.recorded.shifted
    np.testing.assert_allclose(TASK.given(WORLD).sum(), 1, atol=1e-6)
    np.testing.assert_array_equal(driven.target, shifted.target)
    np.testing.assert_array_equal(driven.view.cue, shifted.view.cue)
    assert abs(float(driven.view.offset.std()) - roads.OFFSET_NOISE) < 0.03
    assert 0.5 < float(shifted.view.offset.std()) < 0.75
    for lesson in (driven, shifted):
        steps = jnp.linalg.norm(jnp.diff(lesson.path, axis=1), axis=-1)
        np.testing.assert_allclose(steps, 1, atol=0.02)
    gap = jnp.linalg.norm(driven.waypoints[:, 0], axis=-1)
    aimed = jnp.asarray(SPEEDS)[driven.target]
    np.testing.assert_allclose(gap, roads.approach(driven.view.speed, aimed, 0.15), atol=0.01)
    seen = np.asarray(driven.view.line) < SIGHT
    assert (np.abs(np.asarray(driven.view.cue)) == seen).all()
    limits = np.asarray(driven.view.limit).argmax(1) + 1
    assert set(np.asarray(driven.target)) == {0, 1, 2, 3}
    assert ((np.asarray(driven.target) == limits) | (np.asarray(driven.target) == 0)).all()


def test_a_draw_shows_one_state_twice() -> None:
    _, batch = TASK.draw(WORLD, KEY, None)
    assert batch.driven.path.shape == (driving.BATCH, roads.POINTS, 2)
    np.testing.assert_array_equal(batch.driven.view.speed, batch.shifted.view.speed)
