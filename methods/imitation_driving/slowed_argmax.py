"""The likeliest speed, lowered by one factor where a stop line is in sight.

**Source**: none, a control: caution that doesn't ask how likely stop is, on top of `path_argmax_speed`.

    speed = c v_k where a line is in sight, v_k else,  k = argmax_k p_k

**Differs from the paper**: 1. the control is ours; the network is trained as for `path_speed`.

**Shapes**: n cars, p points of a path.
"""

import jax
import jax.numpy as jnp

from toybench.methods.imitation_driving import _cloning as cloning
from toybench.tasks.imitation_driving import SIGHT, SPEEDS, Command, Lesson, View


class SlowedArgmax(cloning.Cloner):
    """The likeliest speed, less near a line."""

    caution: float = 0.8  # share of the speed where a line is in sight, 0 to 1

    space = {"lr": (0.01, 0.03, 0.1), "caution": (0.7, 0.8, 0.9)}

    @property
    def outputs(self) -> int:
        return 2 * self.spec.points + len(SPEEDS)

    def error(self, answer: jax.Array, lesson: Lesson) -> jax.Array:
        return cloning.path_error(answer, lesson, self.given)

    def drive(self, state: cloning.State, view: View) -> Command:
        path, logits = cloning.split(self.answers(state, view), self.spec.points)
        share = jnp.where(view.line < SIGHT, self.caution, 1.0)
        return Command(aim=path[:, 1], speed=share * jnp.asarray(SPEEDS)[logits.argmax(1)])
