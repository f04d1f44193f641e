"""EASE: the ridge regression of every item on all others, in closed form.

**Source**: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", 2019, https://arxiv.org/abs/1905.03375,
equation 8; from memory.

    P = (A^T A + ridge I)^-1,  B_ij = -P_ij / P_jj,  B_jj = 0        scores = A B

**Differs from the paper**: nothing.

**Shapes**: u users, i items.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method


class EASE(Method):
    """Weights between items, none of an item on itself."""

    ridge: float = 10.0  # penalty, above 0; 250 to 1000 in the paper, for a thousand times as many users

    deterministic = True
    space = {"ridge": (1.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 70.0, 100.0, 150.0, 200.0, 300.0, 1000.0)}

    def item_scores(self, state: Any) -> jax.Array:
        likes = self.given
        eye = jnp.eye(likes.shape[1])
        inverse = jnp.linalg.inv(likes.T @ likes + self.ridge * eye)
        weights = -inverse / jnp.diagonal(inverse)[None, :]
        return likes @ (weights * (1 - eye))
