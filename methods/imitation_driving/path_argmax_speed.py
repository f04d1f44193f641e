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

from toybench.methods.imitation_driving import _cloning as cloning
from toybench.tasks.imitation_driving import SPEEDS, Command, Lesson, View


class PathArgmaxSpeed(cloning.Cloner):
    """The likeliest speed."""

    space = {"lr": cloning.RATES}

    @property
    def outputs(self) -> int:
        return 2 * self.spec.points + len(SPEEDS)

    def error(self, answer: jax.Array, lesson: Lesson) -> jax.Array:
        return cloning.path_error(answer, lesson, self.given)

    def drive(self, state: cloning.State, view: View) -> Command:
        path, logits = cloning.split(self.answers(state, view), self.spec.points)
        return Command(aim=path[:, 1], speed=jnp.asarray(SPEEDS)[logits.argmax(1)])
