"""Takes those steps for open that were seen to be open more often than to be closed.

**Source**: none, a control: what was seen without anything learned or imagined.

    map = opened - closed > margin, or walked

**Differs from the paper**: 1. the control is ours. A margin of -1 is the free-space assumption.

**Shapes**: b walks, s side.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.local_policies import Memory, inside


class LastViewVote(Method):
    """Its margin is tuned, as the threshold of what is learned is."""

    margin: float = 0.0  # votes by which a step must be ahead

    deterministic = True
    space = {"margin": (-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0)}

    def draw_map(self, state: Any, memory: Memory) -> jax.Array:
        ahead = memory.opened - memory.closed > self.margin
        return (ahead & inside(self.spec.side)[None]) | memory.walked
