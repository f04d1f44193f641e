"""Nearest-neighbour estimate of a probability: the share of ones among the k(n) points nearest to the query.

**Source**: baseline for Nagler, "Statistical Foundations of Prior-Data Fitted Networks", 2023,
https://arxiv.org/abs/2305.11097; textbook: Gyorfi, Kohler, Krzyzak and Walk, "A Distribution-Free Theory of
Nonparametric Regression", 2002, chapter 6.

    p(x) = 1/k sum_{i in the k nearest to x} y_i,      k = n^(4/5) is the optimal rate in one dimension

**Differs from the paper**: 1. the exponent is tuned, since the optimal rate leaves its constant open.

**Shapes**: b data sets, n context points, q queries, k neighbours.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.in_context._set_classifier import neighbourhood, neighbours


class KNNProbability(Method):
    """Not pre-trained: variance and bias both vanish, at known rates."""

    power: int = 80  # k(n) = n^(power / 100)

    deterministic = True
    space = {"power": (60, 70, 80)}

    def probability(self, state: Any, x: jax.Array, y: jax.Array, query: jax.Array) -> jax.Array:
        return neighbours(x, y, query, neighbourhood(x.shape[1], self.power))[1].mean(-1)
