"""Nearest items: an item is scored by its similarity to what the user likes.

**Source**: Sarwar, Karypis, Konstan and Riedl, "Item-Based Collaborative Filtering Recommendation Algorithms", 2001;
cosine similarity with shrinkage as in Dacrema, Cremonesi and Jannach, 2019, https://arxiv.org/abs/1907.06902; both from
memory.

    s_ij = a_i . a_j / (|a_i| |a_j| + shrink),  s_ii = 0        score(u, i) = sum_j A_uj s_ij, j among i's nearest

**Differs from the paper**: nothing.

**Shapes**: u users, i items.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method


class ItemKNN(Method):
    """Cosines of columns."""

    nearest: int = 64  # neighbours that count, of an item; at most all, 64
    shrink: float = 0.0  # added to the product of norms, 0 and above

    deterministic = True
    space = {"nearest": (2, 3, 4, 6, 8, 12, 16, 64), "shrink": (0.0, 3.0, 10.0, 30.0, 100.0, 300.0)}

    def item_scores(self, state: Any) -> jax.Array:
        likes = self.given
        norms = jnp.sqrt(likes.sum(0))
        scale = norms[:, None] * norms[None, :] + self.shrink
        cosines = (likes.T @ likes) / jnp.where(scale > 0, scale, 1.0) * (1 - jnp.eye(likes.shape[1]))
        least = jax.lax.top_k(cosines, min(self.nearest, likes.shape[1]))[0][:, -1:]
        return likes @ jnp.where(cosines >= least, cosines, 0.0).T
