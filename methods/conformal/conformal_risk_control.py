"""Conformal risk control: the smallest set whose corrected empirical risk is at most alpha.

**Source**: Angelopoulos, Bates, Fisch, Lei and Schuster, "Conformal Risk Control", 2022,
https://arxiv.org/abs/2208.02814 (the algorithm, and its bounds for monotone losses).

    lambda^ = inf { lambda : n / (n + 1) R^_n(lambda) + B / (n + 1) <= alpha }        B = 1 bounds the loss
    alpha - 2 B / (n + 1) <= E[L_{n+1}(lambda^)] <= alpha        for exchangeable points; the left for continuous losses

**Differs from the paper**: 1. lambda lies on a grid of 201 values.

**Shapes**: r replicates, g sizes on the grid.
"""

import jax

from toybench import Method
from toybench.methods.conformal._risk import TIE, Sums, add_losses, first, no_losses
from toybench.tasks.conformal._risk import Losses


class ConformalRiskControl(Method):
    """The risk is at most alpha in expectation over calibration and test."""

    deterministic = True
    paper = "angelopoulos2022conformal"

    def init(self, key: jax.Array) -> Sums:
        return no_losses(self.spec)

    def update(self, state: Sums, batch: Losses, key: jax.Array) -> Sums:
        return add_losses(state, batch.loss)

    def size_index(self, state: Sums) -> jax.Array:
        bound = 1.0  # B, the largest loss
        return first(state.total + bound <= self.given * (state.weight + 1) + TIE)
