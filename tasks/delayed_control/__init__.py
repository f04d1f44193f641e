"""Steer a plant in real time with a network each of whose layers takes one step of the plant.

A learner is a controller with a memory of its own: what its layers hold, what it did last. It is shown the observation
of this step and answers the control that acts now; how old the information in it is, is its own matter. The plant is
known and differentiable: all learners descend the same gradient of the cost of their own run (`run`), so that the
wiring of the network makes the difference.

Shapes: n runs at once, T steps, o numbers of an observation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

PULL = 2.0  # of gravity, radians/s^2: angle 0 is upright and unstable
PUSH = 4.0  # of the largest control, radians/s^2
FRICTION = 0.5  # 1/s
HASTE = 0.02  # cost of a squared speed of 1 radian/s
EFFORT = 0.02  # cost of a squared control of 1
MULTIPLES = (2.0, 3.0)  # of the target's angle, whose sine and cosine are shown
UNIT_SPEED = 2.0  # radians/s that are shown as 1
OBSERVED = 3 + 2 * len(MULTIPLES)


class Controller(Protocol):
    """What a learner of this study answers."""

    def start(self, state: Any, count: int) -> Any:
        """The memory at the start of `count` runs."""

    def act(self, state: Any, carry: Any, obs: jax.Array) -> tuple[Any, jax.Array]:
        """The memory after this step, and the controls [n] in [-1, 1] that act now, for observations [n, o]."""


@dataclass(frozen=True)
class Spec:
    """What a controller may know: the numbers of an observation, and the seconds of a step."""

    observed: int
    seconds: float


class Episode(NamedTuple):
    """Runs: first angles [n], first speeds [n], and the angle to be held at each step [T, n], radians."""

    angle: jax.Array
    speed: jax.Array
    target: jax.Array


class Course(NamedTuple):
    """What happened: angles, speeds, controls and costs, each [T, n]."""

    angle: jax.Array
    speed: jax.Array
    control: jax.Array
    cost: jax.Array


def observe(angle: jax.Array, speed: jax.Array, target: jax.Array) -> jax.Array:
    """Observations [n, o]: the pendulum's angle and speed, and two multiples of the target's angle."""
    shown = [jnp.sin(angle), jnp.cos(angle), speed / UNIT_SPEED]
    for multiple in MULTIPLES:
        shown += [jnp.sin(multiple * target), jnp.cos(multiple * target)]
    return jnp.stack(shown, axis=-1)


def swing(angle: jax.Array, speed: jax.Array, control: jax.Array, seconds: float) -> tuple[jax.Array, jax.Array]:
    """Angle and speed after a step, the speed first."""
    speed = speed + seconds * (PULL * jnp.sin(angle) - FRICTION * speed + PUSH * control)
    return angle + seconds * speed, speed


def run(act: Callable[[Any, jax.Array], tuple[Any, jax.Array]], carry: Any, episode: Episode, seconds: float) -> Course:
    """Run a controller: act(carry, obs [n, o]) -> (carry, controls [n])."""

    def step(now: tuple[Any, jax.Array, jax.Array], target: jax.Array) -> tuple[tuple, Course]:
        carry, angle, speed = now
        carry, control = act(carry, observe(angle, speed, target))
        cost = 1 - jnp.cos(angle - target) + HASTE * speed**2 + EFFORT * control**2
        then = swing(angle, speed, control, seconds)
        return (carry, *then), Course(angle=angle, speed=speed, control=control, cost=cost)

    return jax.lax.scan(step, (carry, episode.angle, episode.speed), episode.target)[1]
