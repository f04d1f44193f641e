"""Pointwise mutual information of shared triangles: the cheap control that counts three nodes, not four.

**Source**: a control for Windels, Malod-Dognin and Przulj, 2024, https://arxiv.org/abs/2405.14194; one of their orbit
adjacencies, A3_3 of the authors' `gradco_python_interface.py`.

    M = A * A^2    embedding = rank-r factors of log+ (M_ij sum M / (M_i. M_.j))

**Differs from the paper**: 1. one orbit adjacency, without a choice.

**Shapes**: n nodes.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.node_embeddings._pmi import RANKS, scores_by_folds


class TrianglePmi(Method):
    """Common friends of friends."""

    deterministic = True

    rank: int = 16  # of the factorisation

    space = {"rank": RANKS}

    def node_scores(self, state: Any) -> jax.Array:
        shared = self.given.edges * (self.given.edges @ self.given.edges)
        return scores_by_folds(shared[None], self.given, self.rank, self.spec.classes)
