"""Pointwise mutual information of nodes that occur within a window of a random walk, the window chosen by folds.

**Source**: Qiu, Dong, Ma, Li, Wang and Tang, "Network Embedding as Matrix Factorization", 2018,
https://arxiv.org/abs/1710.02971 (NetMF; abstract, and from memory), as a baseline of Windels, Malod-Dognin and Przulj,
2024, https://arxiv.org/abs/2405.14194.

    M = sum_{t=1..T} D (D^-1 A)^t    embedding = rank-r factors of log+ (M_ij sum M / (M_i. M_.j))

**Differs from the paper**: 1. one negative sample. 2. T is that of 1 to 4 whose embedding errs least on held-out known
nodes, as the orbits of `orbit_pmi` are.

**Shapes**: m windows, n nodes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.graphs import row_normalised
from toybench.methods.node_embeddings._pmi import RANKS, scores_by_folds

WINDOWS = 4  # the longest: walks of five nodes


class WalkPmi(Method):
    """Proximity of up to four steps."""

    deterministic = True

    rank: int = 16  # of the factorisation

    space = {"rank": RANKS}

    def node_scores(self, state: Any) -> jax.Array:
        return scores_by_folds(walk_counts(self.given.edges), self.given, self.rank, self.spec.classes)


def walk_counts(edges: jax.Array) -> jax.Array:
    """How often a long walk has i and j within 1, 2, .. steps, up to a factor: [m, n, n]."""
    chances = row_normalised(edges)
    steps = [edges]
    for _ in range(WINDOWS - 1):
        steps.append(steps[-1] @ chances)
    return jnp.cumsum(jnp.stack(steps), axis=0)
