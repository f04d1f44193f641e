"""Places of the expert after each of the next steps are cloned by absolute errors; how far they lie apart is the speed.

**Source**: the baseline of Jaeger, Chitta and Geiger, "Hidden Biases of End-to-End Driving Models", ICCV 2023,
https://arxiv.org/abs/2306.07957, as in TransFuser; the authors' code, carla_garage: `model.py` (`compute_loss`,
`control_pid`), `config.py`.

    speed = |w_2 - w_1|;  steer for the first w_i that is 1.5 away

**Differs from the paper**: 1. as `path_speed`: a small network, scaled distances, the task's controller. 2. Four
waypoints, one a step.

**Shapes**: n cars, p waypoints.
"""

import jax
import jax.numpy as jnp

from toybench.methods.imitation_driving import _cloning as cloning
from toybench.tasks.imitation_driving import Command, Lesson, View


class Waypoints(cloning.Cloner):
    """Path and speed in one."""

    space = {"lr": cloning.RATES}

    @property
    def outputs(self) -> int:
        return 2 * self.spec.points

    def error(self, answer: jax.Array, lesson: Lesson) -> jax.Array:
        return jnp.abs(answer.reshape(lesson.waypoints.shape) - lesson.waypoints).mean()

    def drive(self, state: cloning.State, view: View) -> Command:
        return cloning.along_waypoints(self.answers(state, view))
