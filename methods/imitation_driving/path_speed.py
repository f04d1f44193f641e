"""A path and classes of speeds are cloned; the car goes at the speeds' mean by confidence, and stops if that is likely.

**Source**: Jaeger, Chitta and Geiger, "Hidden Biases of End-to-End Driving Models", ICCV 2023,
https://arxiv.org/abs/2306.07957; abstract and the beginning of the introduction, and the authors' code, carla_garage:
`sensor_agent.py` (`uncertainty_weight`, the second checkpoint is steered for), `config.py` (speeds, weights, threshold,
share of augmented states) and `model.py` (`compute_loss`, `control_pid_direct`).

    speed = 0                where p(0) > threshold
            sum_k p_k v_k    else

**Differs from the paper**: 1. a network of two layers reads what is seen, not cameras. 2. Distances are scaled and the
controller is the task's. 3. Classes are weighted by their shares in this data, as there in theirs. So p is no chance:
at the highest limit p(0) > 0.5 where the chance of stop is above 0.23 or so.

**Shapes**: n cars, p points of a path.
"""

import jax
import jax.numpy as jnp

from toybench.methods.imitation_driving import _cloning as cloning
from toybench.tasks.imitation_driving import SPEEDS, Command, Lesson, View


class PathSpeed(cloning.Cloner):
    """Speed by confidence."""

    threshold: float = 0.5  # of the chance of stop, 0 to 1; paper: 0.5

    paper = "jaeger2023hidden"
    space = {"lr": cloning.RATES}

    @property
    def outputs(self) -> int:
        return 2 * self.spec.points + len(SPEEDS)

    def error(self, answer: jax.Array, lesson: Lesson) -> jax.Array:
        return cloning.path_error(answer, lesson, self.given)

    def drive(self, state: cloning.State, view: View) -> Command:
        path, logits = cloning.split(self.answers(state, view), self.spec.points)
        chance = jax.nn.softmax(logits)
        mean = chance @ jnp.asarray(SPEEDS)
        return Command(aim=path[:, 1], speed=jnp.where(chance[:, 0] > self.threshold, 0.0, mean))
