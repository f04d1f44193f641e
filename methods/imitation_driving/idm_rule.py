"""A rule that isn't learned: it believes the cue, brakes as the expert would, and comes slowly to a line in sight.

**Source**: none, a control after the plan of rule-based drivers (Treiber, Hennecke and Helbing's intelligent driver
model, 2000, brakes by distance and speed).

    speed = 0                where the cue says wait and the line is within the braking distance
            caution limit    else, where a line is in sight
            limit            else

**Differs from the paper**: 1. it is ours. It knows the expert's braking distance, and steers by the lane as it is seen.

**Shapes**: n cars, p points of a path.
"""

from typing import Any

import jax.numpy as jnp

from toybench import Method
from toybench.methods.imitation_driving import _sight as sight
from toybench.tasks.imitation_driving import SIGHT, Command, View, braking_distance


class IdmRule(Method):
    """Believes what it sees."""

    caution: float = 0.8  # share of the limit where a line is in sight, 0 to 1

    deterministic = True
    space = {"caution": (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)}

    def drive(self, state: Any, view: View) -> Command:
        limit = sight.limit_of(view)
        going = jnp.where(view.line < SIGHT, self.caution * limit, limit)
        stop = (view.cue > 0) & (view.line <= braking_distance(view.speed))
        return Command(aim=sight.aim_of(view), speed=jnp.where(stop, 0.0, going))
