"""A winding road with stop lines, at which one has to wait now and then, and what is seen of that is doubtful.

Isolates how a driver acts on what it can't know, and how it comes back to its lane. A route has four stop lines. At
each, with chance 0.4, one has to wait until 12 steps have passed since the line came into sight, 6 units away. Brakes
take 2.85 units from full speed to rest, and 2 where the speed falls by 0.2 a step. The cue is right with chance 0.6 at
5 units or more, 0.9 at 2 and always within 1; for one line it is wrong until the car is near enough. So who comes
slowly can still stop when the cue turns, and who comes at half of the speed arrives when the wait is over.

Recorded states are drawn one by one: the expert stands on the lane's middle, and its speed tells nothing of the line.
(Where a car's speed tells that it has to wait, a clone waits because it is slow; this isn't studied here.)

The score of a route is how much of it is done in 72 steps, halved for each line that was crossed when one had to wait.
A car that is more than 2 units off its lane stays where it is. Recovery is asked apart: how much of an offset of 0.8
units is gone after ten steps, without lines, at the highest limit. The oracle is the expert, who knows when to wait.
"""

from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import random
from toybench.tasks.imitation_driving import SIGHT, SPEEDS, WAITS, Command, Driver, Lesson, Recorded, Spec
from toybench.tasks.imitation_driving import _road as roads

LINES = 4  # of a route
FIRST = 6.0  # units to the first line
APART = 7.0  # units between lines
SPREAD = 1.0  # that a line may be nearer or farther
LENGTH = 30.0  # of a route
STRETCH = 6.0  # units with one limit
STEPS = 72  # of a route
HOLD = 12.0  # steps since the line came into sight, after which nobody has to
LIMITS = (0.1, 0.4)  # a limit is 0.25 below the first, 0.6 below the second, else 1
PENALTY = 0.5  # factor of the score for a line that was crossed when one had to wait
LOST = 2.0  # units off the lane
ASIDE = 0.8  # offset that is to be recovered from
BACK = 10  # steps to do so
MOST_SHIFT = 1.0  # units by which a recorded state is shifted at most
MOST_TURN = 0.3  # radians by which it is turned at most
BATCH = 64
WAVES = 3  # of a road
NOISES = roads.POINTS + 2  # numbers of a view's noise


class Routes(NamedTuple):
    """Routes of the test.

    Attributes:
      road: with its first place at 0.
      line: places of stop lines, [n, 4].
      waits: whether one has to wait there, bool [n, 4].
      doubt: of the cue, before and after the wait is over, [n, 4, 2].
      limit: number of a stretch's limit, int32 [n, stretches].
      noise: of views, [steps, n, p + 2].
    """

    road: roads.Road
    line: jax.Array
    waits: jax.Array
    doubt: jax.Array
    limit: jax.Array
    noise: jax.Array


class World(NamedTuple):
    """Recorded states, routes of the test, and the same without lines, from aside [n]."""

    recorded: Recorded
    routes: Routes
    open_routes: Routes
    aside: jax.Array


class Trip(NamedTuple):
    """Cars under way: steps since each line was sighted [n, 4], lines crossed that one had to wait at [n]."""

    car: roads.Car
    clock: jax.Array
    crossed: jax.Array


class Expert(NamedTuple):
    """A reference that is told what is true; blind, it is told the limit, and steers straight ahead."""

    blind: bool

    def act(self, truth: Lesson) -> Command:
        """The middle of the lane two units ahead, at the speed that is right."""
        if self.blind:
            ahead = jnp.zeros_like(truth.path[:, 1]).at[:, 0].set(1.0)
            return Command(aim=ahead, speed=jnp.ones_like(truth.view.speed))
        return Command(aim=truth.path[:, 1], speed=jnp.asarray(SPEEDS)[truth.target])


def limit_of(drawn: jax.Array) -> jax.Array:
    """Numbers of limits from uniform numbers."""
    low, middle = LIMITS
    return 1 + (drawn >= low).astype(jnp.int32) + (drawn >= middle).astype(jnp.int32)


def next_target(along: jax.Array, apart: float) -> jax.Array:
    """Distance to the next target point, from LEAST to LEAST + apart."""
    return roads.LEAST + apart - jnp.mod(along + roads.LEAST, apart)


def look(routes: Routes, trip: Trip, noise: jax.Array, brake: Any) -> tuple[Lesson, jax.Array, jax.Array]:
    """What cars see, which line is next as one-hot [n, 4], and whether they have to wait there, bool [n]."""
    along = trip.car.along
    coming = routes.line > along[:, None]
    upcoming = coming & (jnp.cumsum(coming.astype(jnp.int32), axis=1) == 1)
    line = jnp.where(upcoming, routes.line - along[:, None], 0).sum(1) + jnp.where(coming.any(1), 0, SIGHT)
    over = trip.clock >= HOLD
    wait = (upcoming & routes.waits & ~over).any(1)
    doubts = jnp.where(over, routes.doubt[:, :, 1], routes.doubt[:, :, 0])
    doubt = jnp.where(upcoming, doubts, 0).sum(1)
    stretch = jnp.clip((along / STRETCH).astype(jnp.int32), 0, routes.limit.shape[1] - 1)
    sign = roads.Sign(
        limit=jnp.take_along_axis(routes.limit, stretch[:, None], axis=1)[:, 0],
        line=line,
        wait=wait,
        cue=roads.cue_of(wait, line, doubt),
    )
    targets = jnp.stack([next_target(along, roads.NEAR), next_target(along, roads.FAR)], axis=1)
    sighted = upcoming & (line < SIGHT)[:, None]
    return roads.lesson(routes.road, trip.car, sign, targets, noise, brake), sighted, wait


def travel(routes: Routes, act: Any, car: roads.Car, brake: Any) -> Trip:
    """The end of trips, each step by act(lesson) -> Command."""

    def step(trip: Trip, noise: jax.Array) -> tuple[Trip, None]:
        lesson, sighted, wait = look(routes, trip, noise, brake)
        then = roads.move(routes.road, trip.car, act(lesson), brake)
        lost = jnp.abs(trip.car.offset) > LOST
        car = jax.tree.map(lambda old, new: jnp.where(lost, old, new), trip.car, then)
        past = (sighted & (routes.line <= car.along[:, None])).any(1)
        crossed = trip.crossed + (past & wait).astype(trip.crossed.dtype)
        return Trip(car=car, clock=trip.clock + sighted.astype(trip.clock.dtype), crossed=crossed), None

    start = Trip(car=car, clock=jnp.zeros_like(routes.line), crossed=jnp.zeros_like(car.along))
    end, _ = jax.lax.scan(step, start, routes.noise)
    return end


class Driving(Task):
    """The share of a route that is done, halved for crossing where one had to wait."""

    brake: float = 0.15  # most that the speed falls in a step
    cars: int = 256  # routes of the test
    states: int = 6000  # recorded

    interface = Driver
    steps = 1200
    checkpoints = 1
    metrics: ClassVar = {
        "score": Metric("max", "share of a route that is done, halved for each line crossed when one had to wait"),
        "completion": Metric("info", "share of a route that is done"),
        "crossings": Metric("min", "lines of a route that were crossed when one had to wait"),
        "recovery": Metric("max", "share of an offset from the lane that is gone after ten steps, -1 at least"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(points=roads.POINTS)

    def sample(self, key: jax.Array) -> World:
        test, recorded, noises = jax.random.split(key, 3)
        noise = random.normals(
            noises, trip=(STEPS, self.cars, NOISES), back=(BACK, self.cars, NOISES), rest=(2, self.states, NOISES)
        )
        stretches = int(2 * LENGTH / STRETCH)
        drawn = random.uniforms(
            test,
            road=(3, self.cars, WAVES),
            line=(self.cars, LINES),
            waits=(self.cars, LINES),
            doubt=(self.cars, LINES, 2),
            limit=(self.cars, stretches),
            aside=(self.cars,),
        )
        where = FIRST + APART * jnp.arange(LINES, dtype=jnp.float32)
        routes = Routes(
            road=roads.road_of(drawn["road"]),
            line=where[None] + SPREAD * (2 * drawn["line"] - 1),
            waits=drawn["waits"] < WAITS,
            doubt=drawn["doubt"],
            limit=limit_of(drawn["limit"]),
            noise=noise["trip"],
        )
        behind = -jnp.ones_like(routes.line)
        highest = jnp.full_like(routes.limit, len(SPEEDS) - 1)
        return World(
            recorded=self.record(recorded, noise["rest"]),
            routes=routes,
            open_routes=routes._replace(line=behind, limit=highest, noise=noise["back"]),
            aside=ASIDE * jnp.sign(drawn["aside"] - 0.5),
        )

    def record(self, key: jax.Array, noise: jax.Array) -> Recorded:
        """States of the expert, each on a road of its own."""
        count = self.states
        drawn = random.uniforms(key, road=(3, count, WAVES), rest=(8, count))
        speed, line, waits, doubt, limit, target, shift, turn = drawn["rest"]
        line = (SIGHT + 2) * line
        seen = line < SIGHT
        wait = seen & (waits < WAITS)
        sign = roads.Sign(limit=limit_of(limit), line=line, wait=wait, cue=roads.cue_of(wait, line, doubt))
        road = roads.road_of(drawn["road"])
        targets = roads.LEAST + jnp.stack([roads.NEAR * target, roads.FAR * target], axis=1)
        zero = jnp.zeros(count)
        car = roads.Car(along=zero, offset=zero, turned=zero, speed=speed)
        aside = car._replace(offset=MOST_SHIFT * (2 * shift - 1), turned=MOST_TURN * (2 * turn - 1))
        return Recorded(
            driven=roads.lesson(road, car, sign, targets, noise[0], self.brake),
            shifted=roads.lesson(road, aside, sign, targets, noise[1], self.brake),
        )

    def given(self, world: World) -> jax.Array:
        """How often the expert aimed for each speed, [4]."""
        return jax.nn.one_hot(world.recorded.driven.target, len(SPEEDS)).mean(0)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Recorded]:
        rows = jax.random.randint(key, (BATCH,), 0, self.states)
        return world, jax.tree.map(lambda x: x[rows], world.recorded)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        act = learner.act if isinstance(learner, Expert) else lambda lesson: learner.drive(lesson.view)
        zero = jnp.zeros(self.cars)
        end = travel(world.routes, act, roads.Car(along=zero, offset=zero, turned=zero, speed=zero), self.brake)
        done = jnp.minimum(end.car.along / LENGTH, 1)
        fast = roads.Car(along=zero, offset=world.aside, turned=zero, speed=jnp.ones(self.cars))
        back = travel(world.open_routes, act, fast, self.brake)
        gone = 1 - jnp.abs(back.car.offset) / ASIDE
        return {
            "score": (done * PENALTY**end.crossed).mean(),
            "completion": done.mean(),
            "crossings": end.crossed.mean(),
            "recovery": jnp.maximum(gone, -1).mean(),
        }

    def floor(self, world: World) -> Expert:
        """Straight ahead at full speed."""
        return Expert(blind=True)

    def oracle(self, world: World) -> Expert:
        """The expert."""
        return Expert(blind=False)
