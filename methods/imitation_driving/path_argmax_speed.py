"""A path and classes of speeds are cloned; the car goes at the likeliest speed.

**Source**: the ablation of Jaeger, Chitta and Geiger, "Hidden Biases of End-to-End Driving Models", ICCV 2023,
https://arxiv.org/abs/2306.07957; the authors' code, carla_garage: `sensor_agent.py` (without `uncertainty_weight`).

    speed = v_k,  k = argmax_k p_k

**Differs from the paper**: 1. as `path_speed`: a small network, scaled distances, the task's controller. 2. Classes are
weighted in training, as for `path_speed`: the likeliest is that by weighted chances.

**Shapes**: n cars, p points of a path.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.imitation_driving import _cloning as cloning
from toybench.tasks.imitation_driving import SPEEDS, Command, Recorded, View

TARGET = "far"  # target points, as in the paper


class PathArgmaxSpeed(Method):
    """The likeliest speed."""

    lr: float = 0.003  # Adam's first rate

    space = {"lr": (0.001, 0.003, 0.006, 0.01, 0.02, 0.03, 0.06, 0.1, 0.3)}

    @property
    def outputs(self) -> int:
        return 2 * self.spec.points + len(SPEEDS)

    def init(self, key: jax.Array) -> cloning.State:
        return cloning.start(self.spec, self.outputs, TARGET, key)

    def update(self, state: cloning.State, batch: Recorded, key: jax.Array) -> cloning.State:
        lesson = cloning.chosen(batch, True, key)

        def error(answer: jax.Array) -> jax.Array:
            return cloning.path_error(answer, lesson, self.given)

        x = cloning.inputs(lesson.view, TARGET)
        return cloning.train(state, x, self.outputs, error, self.lr, self.steps)

    def drive(self, state: cloning.State, view: View) -> Command:
        path, logits = cloning.split(cloning.answers(state, self.outputs, view, TARGET), self.spec.points)
        return Command(aim=path[:, 1], speed=jnp.asarray(SPEEDS)[logits.argmax(1)])
