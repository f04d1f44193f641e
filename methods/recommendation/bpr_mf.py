"""Matrix factorisation by pairwise ranking: one static vector a user and an item.

**Source**: Rendle, Freudenthaler, Gantner and Schmidt-Thieme, "BPR: Bayesian Personalized Ranking from Implicit
Feedback", 2009, https://arxiv.org/abs/1205.2618; from memory. The loss is that of Sheaf4Rec's `evaluation.py`.

    score(u, i) = x_u . x_i,    loss = mean softplus(score(u, j) - score(u, i))

**Differs from the paper**: 1. Adam on batches that hold every user, instead of single triples. 2. No item biases.

**Shapes**: u users, i items, d numbers of a vector.
"""

from typing import Any

import jax

from toybench.methods.recommendation._ranking import PENALTIES, RATES, PairwiseRanker, Vectors, drawn, vectors_of


class BPRMF(PairwiseRanker):
    """An inner product."""

    space = {"lr": RATES, "decay": PENALTIES}

    def start(self, key: jax.Array) -> tuple[Vectors, Any]:
        return vectors_of(drawn(key, self.spec)), ()

    def scores(self, vectors: Vectors, more: Any) -> jax.Array:
        return vectors.users @ vectors.items.T
