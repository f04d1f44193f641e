"""Pointwise mutual information of edges.

**Source**: the shortest window of Qiu, Dong, Ma, Li, Wang and Tang, "Network Embedding as Matrix Factorization", 2018,
https://arxiv.org/abs/1710.02971 (abstract, and from memory).

    M = A    embedding = rank-r factors of log+ (M_ij sum M / (M_i. M_.j))

**Differs from the paper**: 1. one negative sample, so that nothing is subtracted from the logarithm.

**Shapes**: n nodes.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.node_embeddings._pmi import RANKS, scores_by_folds


class EdgePmi(Method):
    """Proximity of one step."""

    deterministic = True

    rank: int = 16  # of the factorisation

    space = {"rank": RANKS}

    def node_scores(self, state: Any) -> jax.Array:
        return scores_by_folds(self.given.edges[None], self.given, self.rank, self.spec.classes)
