"""The likeliest speed, lowered by one factor where a stop line is in sight.

**Source**: none, a control: caution that doesn't ask how likely stop is, on top of `path_argmax_speed`.

    speed = c v_k where a line is in sight, v_k else,  k = argmax_k p_k

**Differs from the paper**: 1. the control is ours; the network is trained as for `path_speed`.

**Shapes**: n cars, p points of a path.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.imitation_driving import _cloning as cloning
from toybench.tasks.imitation_driving import SIGHT, SPEEDS, Command, Recorded, View

TARGET = "far"  # target points, as in the paper


class SlowedArgmax(Method):
    """The likeliest speed, less near a line."""

    lr: float = 0.003  # Adam's first rate
    caution: float = 0.8  # share of the speed where a line is in sight, 0 to 1

    space = {"lr": (0.01, 0.03, 0.1), "caution": (0.7, 0.8, 0.9)}

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
        share = jnp.where(view.line < SIGHT, self.caution, 1.0)
        return Command(aim=path[:, 1], speed=share * jnp.asarray(SPEEDS)[logits.argmax(1)])
