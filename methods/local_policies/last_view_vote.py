"""Takes those steps for open that were mostly seen to be open.

**Source**: none, a control: what was seen without anything learned or imagined.

    map = opened > closed, or walked

**Differs from the paper**: 1. the control is ours.

**Shapes**: b walks, s side.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.local_policies import Memory, inside


class LastViewVote(Method):
    """It has no knob."""

    deterministic = True

    def draw_map(self, state: Any, memory: Memory) -> jax.Array:
        return ((memory.opened > memory.closed) & inside(self.spec.side)[None]) | memory.walked
