"""The road, how a car moves on it, and the expert who knows where to wait.

A car's place is relative to the lane: how far along, how far to the left of its middle, and turned by what angle.

Shapes: n cars, w waves of a road, q points, every quarter of a unit along the lane.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.tasks.imitation_driving import SIGHT, SPEEDS, Command, Lesson, View, braking_distance, chance_right

QUARTER = 0.25  # of a unit: between the points that a lane is summed from
POINTS = 4  # of a path
NEAR = 4.0  # units between target points that lie near each other
FAR = 10.0  # and far from each other: the paper's 30 metres are 3.75 seconds at full speed
LEAST = 1.0  # a target point is the next one once it is this far ahead
STRONGEST = 0.08  # largest curvature of one of the waves of a road
WAVES = (0.2, 0.7)  # radians per unit of length
PULL = 0.1  # most that the speed rises in a step
TURN = 0.5  # strongest curvature that a car can steer
SHORT = 0.25  # square of the nearest distance that is steered for
PARTS = 4  # that a step's motion is summed in
LANE_NOISE = 0.1  # standard deviation, per unit of distance, of where the lane seems to be
OFFSET_NOISE = 0.2  # of the offset as it is seen
TURN_NOISE = 0.05  # of the angle


class Road(NamedTuple):
    """Curvature along the lane, a sum of waves: sum of bend cos(wave s + phase), each [n, w]."""

    bend: jax.Array
    wave: jax.Array
    phase: jax.Array


class Car(NamedTuple):
    """Where cars are: along the lane, left of its middle, turned to the left, and their speeds, each [n]."""

    along: jax.Array
    offset: jax.Array
    turned: jax.Array
    speed: jax.Array


class Sign(NamedTuple):
    """What the road asks: number of the limit, distance to the line, whether one has to wait, and the cue, each [n]."""

    limit: jax.Array
    line: jax.Array
    wait: jax.Array
    cue: jax.Array


def road_of(drawn: jax.Array) -> Road:
    """A road from uniform numbers [3, n, w]."""
    low, high = WAVES
    return Road(bend=STRONGEST * drawn[0], wave=low + (high - low) * drawn[1], phase=2 * jnp.pi * drawn[2])


def direction(road: Road, along: jax.Array) -> jax.Array:
    """Of the lane at places [n, q], in radians."""
    phase = road.wave[:, None] * along[:, :, None] + road.phase[:, None]
    return (road.bend[:, None] / road.wave[:, None] * jnp.sin(phase)).sum(-1)


def curvature(road: Road, along: jax.Array) -> jax.Array:
    """Of the lane at places [n]."""
    return (road.bend * jnp.cos(road.wave * along[:, None] + road.phase)).sum(-1)


def lane_ahead(road: Road, along: jax.Array) -> jax.Array:
    """The lane's middle from places [n] on, every quarter, relative to its place and direction there, [n, q, 2]."""
    count = round((FAR + LEAST) / QUARTER)
    middles = QUARTER * (jnp.arange(count, dtype=along.dtype) + 0.5)
    angle = direction(road, along[:, None] + middles[None]) - direction(road, along[:, None])
    steps = QUARTER * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
    return jnp.pad(jnp.cumsum(steps, axis=1), ((0, 0), (1, 0), (0, 0)))


def place(lane: jax.Array, distance: jax.Array) -> jax.Array:
    """Points [n, k, 2] of a lane [n, q, 2] at distances [n, k], on straight lines between its points."""
    quarters = distance / QUARTER
    first = jnp.clip(jnp.floor(quarters).astype(jnp.int32), 0, lane.shape[1] - 2)
    share = (quarters - first.astype(distance.dtype))[:, :, None]
    before = jnp.take_along_axis(lane, first[:, :, None], axis=1)
    after = jnp.take_along_axis(lane, first[:, :, None] + 1, axis=1)
    return before + share * (after - before)


def seen_from(car: Car, points: jax.Array) -> jax.Array:
    """Points [n, k, 2], relative to the lane at the car's place, in the car's frame."""
    x = points[:, :, 0]
    y = points[:, :, 1] - car.offset[:, None]
    cos = jnp.cos(car.turned)[:, None]
    sin = jnp.sin(car.turned)[:, None]
    return jnp.stack([cos * x + sin * y, cos * y - sin * x], axis=-1)


def cue_of(wait: jax.Array, line: jax.Array, doubt: jax.Array) -> jax.Array:
    """The cue [n]: wrong as long as its doubt, uniform in [0, 1], is above the chance of being right."""
    wrong = doubt > chance_right(line)
    return jnp.where(line >= SIGHT, 0.0, jnp.where(wait ^ wrong, 1.0, -1.0))


def expert_speed(sign: Sign, line: jax.Array, speed: jax.Array) -> jax.Array:
    """Number of the speed that the expert aims for, int32 [n]."""
    return jnp.where(sign.wait & (line <= braking_distance(speed)), 0, sign.limit)


def approach(speed: jax.Array, target: jax.Array, brake: Any) -> jax.Array:
    """The speed after a step towards a target; it falls by `brake` at most."""
    return jnp.clip(target, speed - brake, speed + PULL)


def lesson(road: Road, car: Car, sign: Sign, ahead: jax.Array, noise: jax.Array, brake: Any) -> Lesson:
    """What cars see and what the expert would do; target points are ahead [n, 2], noise is [n, p + 2]."""
    lane = lane_ahead(road, car.along)
    units = jnp.arange(1, POINTS + 1, dtype=noise.dtype)
    path = place(lane, jnp.broadcast_to(units, (len(noise), POINTS)))
    line = sign.line
    speed = car.speed
    gone = jnp.zeros_like(speed)
    driven = []
    for _ in range(POINTS):
        speed = approach(speed, jnp.asarray(SPEEDS)[expert_speed(sign, line - gone, speed)], brake)
        gone = gone + speed
        driven.append(gone)
    targets = seen_from(car, place(lane, ahead))
    view = View(
        speed=car.speed,
        limit=jax.nn.one_hot(sign.limit - 1, len(SPEEDS) - 1),
        line=jnp.minimum(line, SIGHT),
        cue=sign.cue,
        lane=path[:, :, 1] + LANE_NOISE * units[None] * noise[:, :POINTS],
        offset=car.offset + OFFSET_NOISE * noise[:, POINTS],
        turned=car.turned + TURN_NOISE * noise[:, POINTS + 1],
        near=targets[:, 0],
        far=targets[:, 1],
    )
    return Lesson(
        view=view,
        path=seen_from(car, path),
        waypoints=seen_from(car, place(lane, jnp.stack(driven, axis=1))),
        target=expert_speed(sign, line, car.speed),
    )


def move(road: Road, car: Car, command: Command, brake: Any) -> Car:
    """Cars after a step: the speed approaches what is commanded, on the arc that leads through the aim."""
    speed = approach(car.speed, jnp.clip(command.speed, 0, 1), brake)
    square = jnp.maximum((command.aim**2).sum(-1), SHORT)
    steered = jnp.clip(2 * command.aim[:, 1] / square, -TURN, TURN)
    now = car._replace(speed=speed)
    for _ in range(PARTS):
        bend = curvature(road, now.along)
        gain = speed / PARTS * jnp.cos(now.turned) / jnp.maximum(1 - bend * now.offset, 0.5)
        now = Car(
            along=now.along + gain,
            offset=now.offset + speed / PARTS * jnp.sin(now.turned),
            turned=now.turned + speed / PARTS * steered - bend * gain,
            speed=speed,
        )
    return now
