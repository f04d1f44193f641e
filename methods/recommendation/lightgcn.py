"""LightGCN: vectors smoothed over the graph of likes, layers averaged, nothing else learned.

**Source**: He, Deng, Wang, Li, Zhang and Wang, "LightGCN: Simplifying and Powering Graph Convolution Network for
Recommendation", 2020, https://arxiv.org/abs/2002.02126, equations 3 to 8 from memory; and `competitors/lightgcn.py` of
Sheaf4Rec's authors.

    users <- N items, items <- N^T users,  N = D_u^-1/2 A D_i^-1/2;    x = mean of layers 0 to l;  score = x_u . x_i

**Differs from the paper**: 1. Batches hold every user.

**Shapes**: u users, i items, d numbers of a vector, l layers.
"""

from typing import Any

import jax

from toybench.methods.recommendation._ranking import (
    RATES,
    PairwiseRanker,
    Vectors,
    drawn,
    normalised,
    vectors_of,
)


class LightGCN(PairwiseRanker):
    """Smoothing alone."""

    layers: int = 2  # times smoothed; 3 in the paper, 5 in the runs of Sheaf4Rec's authors

    space = {"lr": RATES, "decay": (0.003, 0.01, 0.02, 0.03, 0.1, 0.3), "layers": (1, 3)}

    def start(self, key: jax.Array) -> tuple[Vectors, Any]:
        return vectors_of(drawn(key, self.spec)), ()

    def scores(self, vectors: Vectors, more: Any) -> jax.Array:
        smooth = normalised(self.given)
        user_sum = users = vectors.users
        item_sum = items = vectors.items
        for _ in range(self.layers):
            new = smooth @ items
            items = smooth.T @ users
            users = new
            user_sum = user_sum + users
            item_sum = item_sum + items
        return (user_sum @ item_sum.T) / (self.layers + 1) ** 2
