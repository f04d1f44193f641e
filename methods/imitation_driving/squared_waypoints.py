"""Waypoints as in `waypoints`, cloned by squared errors: the mean of two futures is best, not the likelier one.

**Source**: none, a control: `waypoints` as an average in fact.

    speed = |w_2 - w_1|;  steer for the first w_i that is 1.5 away

**Differs from the paper**: 1. the control is ours; the paper's error is absolute.

**Shapes**: n cars, p waypoints.
"""

import jax

from toybench.methods.imitation_driving import _cloning as cloning
from toybench.tasks.imitation_driving import Command, Lesson, View


class SquaredWaypoints(cloning.Cloner):
    """The mean of what the expert does."""

    space = {"lr": cloning.RATES}

    @property
    def outputs(self) -> int:
        return 2 * self.spec.points

    def error(self, answer: jax.Array, lesson: Lesson) -> jax.Array:
        return ((answer.reshape(lesson.waypoints.shape) - lesson.waypoints) ** 2).mean()

    def drive(self, state: cloning.State, view: View) -> Command:
        return cloning.along_waypoints(self.answers(state, view))
