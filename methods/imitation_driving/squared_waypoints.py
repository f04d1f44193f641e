"""Waypoints as in `waypoints`, cloned by squared errors: the mean of two futures is best, not the likelier one.

**Source**: none, a control: `waypoints` as an average in fact.

    speed = |w_2 - w_1|;  steer for the first w_i that is 1.5 away

**Differs from the paper**: 1. the control is ours; the paper's error is absolute.

**Shapes**: n cars, p waypoints.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.imitation_driving import _cloning as cloning
from toybench.tasks.imitation_driving import Command, Recorded, View

TARGET = "far"  # target points, as in the paper
AIM = 1.5  # units: a step and a half at full speed; paper: 2.25 or 3 metres


class SquaredWaypoints(Method):
    """The mean of what the expert does."""

    lr: float = 0.003  # Adam's first rate

    space = {"lr": (0.001, 0.003, 0.006, 0.01, 0.02, 0.03, 0.06, 0.1, 0.3)}

    @property
    def outputs(self) -> int:
        return 2 * self.spec.points

    def init(self, key: jax.Array) -> cloning.State:
        return cloning.start(self.spec, self.outputs, TARGET, key)

    def update(self, state: cloning.State, batch: Recorded, key: jax.Array) -> cloning.State:
        lesson = cloning.chosen(batch, True, key)

        def error(answer: jax.Array) -> jax.Array:
            return ((answer.reshape(lesson.waypoints.shape) - lesson.waypoints) ** 2).mean()

        x = cloning.inputs(lesson.view, TARGET)
        return cloning.train(state, x, self.outputs, error, self.lr, self.steps)

    def drive(self, state: cloning.State, view: View) -> Command:
        points = cloning.answers(state, self.outputs, view, TARGET).reshape(-1, self.spec.points, 2)
        away = jnp.linalg.norm(points, axis=-1) >= AIM
        first = jnp.where(away.any(1), away.argmax(1), self.spec.points - 1)
        aim = jnp.take_along_axis(points, first[:, None, None], axis=1)[:, 0]
        return Command(aim=aim, speed=jnp.linalg.norm(points[:, 1] - points[:, 0], axis=-1))
