"""A pendulum that must hold an angle, which jumps.

Isolates what deep and slow costs, and what shallow and fast costs. The pendulum is unstable upright: with controls
that are some steps old it can't be held. The target's angle is shown through the sines and cosines of its double and
its triple, so that a network without a hidden layer can't read it. The target jumps with a chance of 4% a step to any
angle.

The stated controller of the oracle sees the target and acts at once; it cancels gravity and friction and pulls towards
the target. It is not the optimum: a trained network without delay holds the target longer.
"""

from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.delayed_control import FRICTION, OBSERVED, PULL, PUSH, UNIT_SPEED, Controller, Episode, Spec, run

JUMP = 0.04  # chance of a step to bring a new target
BATCH = 24  # runs a learner is shown at once
TRAINED = 50  # steps of a run that is learned from
TESTED = 128  # runs of the test
TEST_LENGTH = 100  # steps of a run of the test
NEAR = 0.3  # radians from the target that count as held
STIFFNESS = 6.0  # of the oracle, 1/s^2
DAMPING = 4.0  # of the oracle, 1/s


class World(NamedTuple):
    """The runs of the test."""

    test: Episode


def episodes(key: jax.Array, count: int, steps: int) -> Episode:
    """Random runs: any first angle at rest, and a target that jumps."""
    drawn = uniforms(key, angle=(count,), jump=(steps, count), target=(steps, count))
    when = jnp.where(drawn["jump"] < JUMP, jnp.arange(steps)[:, None], 0)
    latest = jax.lax.cummax(when, axis=0)
    target = jnp.take_along_axis(drawn["target"], latest, axis=0)
    turn = 2 * jnp.pi
    return Episode(angle=turn * drawn["angle"], speed=jnp.zeros(count), target=turn * target)


class JumpingTarget(Task):
    """Mean cost of a step over fresh runs."""

    seconds: float = 0.15  # of a step

    interface = Controller
    kind = "stationary"
    steps = 1500
    checkpoints = 3
    metrics: ClassVar = {
        "control_cost": Metric("min", "mean cost of a step: 1 - cos of the error, speed and control"),
        "held": Metric("max", "share of the steps within 0.3 radians of the target"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(observed=OBSERVED, seconds=self.seconds)

    def sample(self, key: jax.Array) -> World:
        return World(test=episodes(key, TESTED, TEST_LENGTH))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Episode]:
        return world, episodes(key, BATCH, TRAINED)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        course = run(learner.act, learner.start(TESTED), world.test, self.seconds)
        near = jnp.cos(course.angle - world.test.target) > jnp.cos(NEAR)
        return {"control_cost": course.cost.mean(), "held": near.astype(jnp.float32).mean()}

    def floor(self, world: World) -> Any:
        """No control."""
        return SimpleNamespace(start=lambda count: (), act=lambda carry, obs: (carry, jnp.zeros(len(obs))))

    def oracle(self, world: World) -> Any:
        """Cancels gravity and friction, and pulls towards the target like a damped spring, without delay."""

        def act(carry: Any, obs: jax.Array) -> tuple[Any, jax.Array]:
            sine, cosine, fast, sine2, cosine2, sine3, cosine3 = obs.T
            sine1 = sine3 * cosine2 - cosine3 * sine2
            cosine1 = cosine3 * cosine2 + sine3 * sine2
            speed = UNIT_SPEED * fast
            error = jnp.arctan2(sine1 * cosine - cosine1 * sine, cosine1 * cosine + sine1 * sine)
            wanted = STIFFNESS * error - DAMPING * speed
            return carry, jnp.clip((wanted - PULL * sine + FRICTION * speed) / PUSH, -1.0, 1.0)

        return SimpleNamespace(start=lambda count: (), act=act)
