"""EdgeBank with a time window: a pair that met lately meets again.

**Source**: Poursafaei, Huang, Pelrine and Rabbany, "Towards Better Evaluation for Dynamic Link Prediction", 2022,
https://arxiv.org/abs/2207.10128, in DyGLib's `models/EdgeBank.py`, `edge_bank_time_window_memory`.

    score = 1 if the two met within the last `window` events, else 0

**Differs from the paper**: 1. The window is tuned; there, as long as the test period, or the mean time between two
meetings of a pair. 2. It ends at the query; there, at the batch.

**Shapes**: q queries.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.temporal_graphs import Queries


class EdgeBankWindow(Method):
    """Remembers recent pairs."""

    window: float = 150.0  # events; DyGLib's is the length of the test, here 500

    deterministic = True
    space = {"window": (15.0, 50.0, 100.0, 150.0, 250.0, 500.0)}

    def link_scores(self, state: Any, queries: Queries) -> jax.Array:
        return (queries.met <= self.window).astype(queries.met.dtype)
