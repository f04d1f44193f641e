"""Plans home on the steps that were walked, in either direction.

**Source**: the baseline of de Tinguy, Mazzaglia, Verbelen and Dhoedt, "Home Run: Finding Your Way Home by Imagining
Trajectories", 2022, https://arxiv.org/abs/2208.10914 (abstract and introduction): planning on the map alone.

    map = walked

**Differs from the paper**: 1. cells and steps instead of places that a hierarchical model infers.

**Shapes**: b walks, s side.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.local_policies import Memory


class VisitedMap(Method):
    """It has no knob."""

    deterministic = True

    def draw_map(self, state: Any, memory: Memory) -> jax.Array:
        return memory.walked
