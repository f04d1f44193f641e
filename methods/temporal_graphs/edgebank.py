"""EdgeBank with unlimited memory: a pair that met once meets again.

**Source**: Poursafaei, Huang, Pelrine and Rabbany, "Towards Better Evaluation for Dynamic Link Prediction", 2022,
https://arxiv.org/abs/2207.10128, in DyGLib's `models/EdgeBank.py`, `edge_bank_unlimited_memory`.

    score = 1 if the two met before, else 0

**Differs from the paper**: 1. The memory holds every event before the query; there, all before its batch.

**Shapes**: q queries.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.temporal_graphs import Queries


class EdgeBank(Method):
    """Remembers pairs."""

    deterministic = True

    def link_scores(self, state: Any, queries: Queries) -> jax.Array:
        return (queries.met < jnp.inf).astype(queries.met.dtype)
