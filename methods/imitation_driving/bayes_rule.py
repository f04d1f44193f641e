"""A rule that isn't learned: it knows how often cues are right, and goes at the expert's mean speed by that.

**Source**: none, a control: Bayes' rule in place of the network of `path_speed`.

    odds  = weight P(wait) / P(go) (q / (1 - q))^cue,   q chance of a right cue at this distance
    p     = odds / (1 + odds)                           within the braking distance, 0 else
    speed = 0 where p > 1/2, (1 - p) limit else

**Differs from the paper**: 1. it is ours. It knows the expert's braking distance, how often one has to wait and how
often cues are right, and steers by the lane as it is seen. `weight` stands for weights of the classes of speed.

**Shapes**: n cars.
"""

from typing import Any

import jax.numpy as jnp

from toybench import Method
from toybench.methods.imitation_driving import _sight as sight
from toybench.tasks.imitation_driving import WAITS, Command, View, braking_distance, chance_right


class BayesRule(Method):
    """Believes a cue as far as it is right."""

    weight: float = 1.0  # of the chance of stop, above 0; 1 is Bayes' rule

    deterministic = True
    space = {"weight": (1.0, 2.0, 4.0, 5.6, 8.0, 11.0, 16.0, 22.0, 32.0)}

    def drive(self, state: Any, view: View) -> Command:
        right = chance_right(view.line)
        chance = jnp.where(view.cue > 0, right, 1 - right)
        stop = self.weight * WAITS * chance
        p = jnp.where(view.line <= braking_distance(view.speed), stop / (stop + (1 - WAITS) * (1 - chance)), 0.0)
        speed = jnp.where(p > 0.5, 0.0, (1 - p) * sight.limit_of(view))
        return Command(aim=sight.aim_of(view), speed=speed)
