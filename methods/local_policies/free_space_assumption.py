"""Takes every step for open that was not mostly seen to be closed.

**Source**: Koenig and Smirnov, "Sensor-Based Planning with the Freespace Assumption", 1997 (from memory), standard in
robotics; a control.

    map = opened >= closed, or walked

**Differs from the paper**: 1. sensors err here, so that the majority of what was seen decides.

**Shapes**: b walks, s side.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.local_policies import Memory, inside


class FreeSpaceAssumption(Method):
    """It has no knob."""

    deterministic = True

    def draw_map(self, state: Any, memory: Memory) -> jax.Array:
        return ((memory.opened >= memory.closed) & inside(self.spec.side)[None]) | memory.walked
