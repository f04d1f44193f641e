"""The past's temporal closeness, taken for the future's.

**Source**: persistence; the control that learns nothing. Closeness as in pathpyG's `algorithms/centrality.py`.

    score_v = sum over u of (n - 1) / d(u, v), in the past

**Differs from the paper**: nothing.

**Shapes**: n nodes.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.temporal_graphs import Events


class PastCentrality(Method):
    """What was, will be."""

    deterministic = True

    def centrality(self, state: Any, events: Events) -> jax.Array:
        return self.given.closeness
