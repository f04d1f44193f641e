"""Drive as an expert does, from recorded states of the expert, who knows more than the driver sees.

A driver says where to steer and how fast to go (`Driver`); one controller, the same for every method, turns this into
motion. At a stop line a hidden bit says whether one has to wait. The expert knows it, the driver sees a cue that may be
wrong. A recorded state comes twice: as the expert's car saw it, and as a car that is shifted and turned would see it.
`given` is how often the expert aimed for each of the four speeds.

Lengths are in units that a car at full speed drives in one step; x points ahead of the car, y to its left.

Shapes: n cars at once, p points of a path, l limits.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

SPEEDS = (0.0, 0.25, 0.6, 1.0)  # that the expert aims for; the last three are limits of the road, too
SIGHT = 6.0  # how far away a stop line is seen
ROOM = 1.0  # that is left to the line where the expert waits
CARE = 4.0  # units of distance per unit of speed from which the expert brakes
WAITS = 0.4  # chance that one has to wait at a line
CERTAIN = 1.0  # a cue is right from this distance on
VAGUE = 5.0  # and least often from this one on
RIGHT = 0.6  # share of cues that are right where it is vague


def braking_distance(speed: jax.Array) -> jax.Array:
    """How far from a line the expert begins to brake, where it has to wait."""
    return ROOM + CARE * speed


def chance_right(line: jax.Array) -> jax.Array:
    """Of a cue, by the distance to the line."""
    return RIGHT + (1 - RIGHT) * jnp.clip((VAGUE - line) / (VAGUE - CERTAIN), 0, 1)


class View(NamedTuple):
    """What a car sees.

    Attributes:
      speed: its own, [n].
      limit: of the road here, one-hot, [n, 3].
      line: distance to the next stop line, 6 where none is seen, [n].
      cue: 1 where one seems to have to wait, -1 where not, 0 where no line is seen, [n].
      lane: how far the lane's middle bends aside 1, 2, 3 and 4 units ahead, relative to its direction here, [n, p].
      offset: how far the car is to the left of the lane's middle, [n].
      turned: angle of the car to the lane, to the left, [n].
      near, far: next target point on the lane's middle in the car's frame, exact; they are 4 or 10 units apart, [n, 2].
    """

    speed: jax.Array
    limit: jax.Array
    line: jax.Array
    cue: jax.Array
    lane: jax.Array
    offset: jax.Array
    turned: jax.Array
    near: jax.Array
    far: jax.Array


class Lesson(NamedTuple):
    """States of the expert.

    Attributes:
      view: what the car sees; `lane`, `offset`, `turned` and `cue` can be wrong.
      path: the lane's middle 1, 2, 3 and 4 units ahead in the car's frame, [n, p, 2].
      waypoints: where the expert would be after 1, 2, 3 and 4 steps, on the lane's middle, [n, p, 2].
      target: number of the speed that the expert aims for, int32 [n].
    """

    view: View
    path: jax.Array
    waypoints: jax.Array
    target: jax.Array


class Recorded(NamedTuple):
    """The same states twice: where the expert was, and shifted and turned."""

    driven: Lesson
    shifted: Lesson


class Command(NamedTuple):
    """What a car is to do: steer for a point [n, 2] in its own frame, at a speed [n]."""

    aim: jax.Array
    speed: jax.Array


@dataclass(frozen=True)
class Spec:
    """What a driver may know.

    Attributes:
      points: p, of a path, and waypoints.
    """

    points: int


class Driver(Protocol):
    """What a driver answers."""

    def drive(self, state: Any, view: View) -> Command:
        """Where to steer and how fast to go."""
