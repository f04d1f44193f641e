"""Gradient-boosted trees fitted to each table, with second-order leaf values.

**Source**: Chen and Guestrin, "XGBoost: A Scalable Tree Boosting System", 2016, https://arxiv.org/abs/1603.02754,
section 2; a baseline of the tabular papers.

    g_i = p_i - y_i,  h_i = p_i (1 - p_i),  leaf value  w = - sum g / (sum h + lambda),  F <- F + rate * tree

**Differs from the paper**: 1. exact splits over all rows, no subsampling, no least gain; 2. depth and rate are tuned
over tables, not within each.

**Shapes**: n tables, c context rows, q query rows, f features.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.in_context._trees import answer, grow


class GradientBoosting(Method):
    """Takes no steps: each table is fitted when it is asked about."""

    rate: float = 0.3  # shrinkage; XGBoost's default
    penalty: float = 1.0  # lambda; XGBoost's default
    depth: int = 3  # of a tree; XGBoost's default is 6
    rounds: int = 30  # trees

    space = {"rate": (0.1, 0.3), "depth": (1, 2, 3)}

    def one(self, x: jax.Array, y: jax.Array, query: jax.Array) -> jax.Array:
        """Probability of class 1 for each query row of one table: [q]."""

        def add(_: int, score: jax.Array) -> jax.Array:
            p = jax.nn.sigmoid(score[: len(x)])
            tree = grow(x, p - y, p * (1 - p), self.depth, self.penalty)
            return score + self.rate * answer(tree, rows)

        rows = jnp.concatenate([x, query])
        return jax.nn.sigmoid(jax.lax.fori_loop(0, self.rounds, add, jnp.zeros(len(rows)))[len(x) :])

    def classify(self, state: Any, x: jax.Array, y: jax.Array, query: jax.Array) -> jax.Array:
        return jax.vmap(self.one)(x, y, query)
