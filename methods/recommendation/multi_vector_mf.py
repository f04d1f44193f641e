"""Matrix factorisation with several vectors a user, of which the one that fits an item best gives the score.

**Source**: Weston, Weiss and Yee, "Nonlinear Latent Factorization by Embedding Multiple User Interests", 2013; from
memory. The control that has several tastes built in, without a graph.

    score(u, i) = max_t x_ut . x_i

**Differs from the paper**: 1. Pairwise ranking with uniform pairs, instead of a loss that is weighed by ranks.

**Shapes**: u users, i items, d numbers of a vector, t vectors of a user.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.recommendation._ranking import PENALTIES, RATES, START, PairwiseRanker, Vectors, drawn


class MultiVectorMF(PairwiseRanker):
    """The best of several inner products."""

    tastes: int = 2  # vectors of a user, 1 and above

    space = {"lr": RATES, "decay": PENALTIES}

    def start(self, key: jax.Array) -> tuple[Vectors, Any]:
        noise = drawn(key, self.spec, tastes=(self.spec.users, self.tastes, self.spec.width))
        return Vectors(users=START * noise["tastes"], items=START * noise["items"]), ()

    def scores(self, vectors: Vectors, more: Any) -> jax.Array:
        return jnp.einsum("utd,id->uti", vectors.users, vectors.items).max(1)
