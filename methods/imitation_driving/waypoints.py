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

from toybench import Method
from toybench.methods.imitation_driving import _cloning as cloning
from toybench.tasks.imitation_driving import Command, Recorded, View

TARGET = "far"  # target points, as in the paper
AIM = 1.5  # units: a step and a half at full speed; paper: 2.25 or 3 metres


class Waypoints(Method):
    """Path and speed in one."""

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
            return jnp.abs(answer.reshape(lesson.waypoints.shape) - lesson.waypoints).mean()

        x = cloning.inputs(lesson.view, TARGET)
        return cloning.train(state, x, self.outputs, error, self.lr, self.steps)

    def drive(self, state: cloning.State, view: View) -> Command:
        points = cloning.answers(state, self.outputs, view, TARGET).reshape(-1, self.spec.points, 2)
        away = jnp.linalg.norm(points, axis=-1) >= AIM
        first = jnp.where(away.any(1), away.argmax(1), self.spec.points - 1)
        aim = jnp.take_along_axis(points, first[:, None, None], axis=1)[:, 0]
        return Command(aim=aim, speed=jnp.linalg.norm(points[:, 1] - points[:, 0], axis=-1))
