"""Forwards to the neighbour that is nearest to the destination.

**Source**: Finn, "Routing and Addressing Problems in Large Metropolitan-Scale Internetworks", 1987 (Cartesian routing,
from memory); the baseline of Chen, Lin and Arora, 2023, https://arxiv.org/abs/2308.09829.

    argmin_u |u D|        over the neighbours u of the node

**Differs from the paper**: nothing. It forwards also where no neighbour is nearer than the node, as the ranking of
neighbours by a network does.

**Shapes**: p packets.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.local_policies import View, nearest


class GreedyForwarding(Method):
    """It has no knob."""

    deterministic = True

    def forward(self, state: Any, view: View, key: jax.Array) -> jax.Array:
        return nearest(view)
