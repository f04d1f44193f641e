"""Conformal risk control: the smallest set whose corrected empirical risk is at most alpha.

**Source**: Angelopoulos, Bates, Fisch, Lei and Schuster, "Conformal Risk Control", 2022,
https://arxiv.org/abs/2208.02814 (the algorithm, and its bounds for monotone losses).

    lambda^ = inf { lambda : n / (n + 1) R^_n(lambda) + B / (n + 1) <= alpha }        B = 1 bounds the loss
    alpha - 2 B / (n + 1) <= E[L_{n+1}(lambda^)] <= alpha        for exchangeable points; the left for continuous losses

**Differs from the paper**: 1. lambda lies on a grid of 201 values.

**Shapes**: r replicates, g sizes on the grid.
"""

import jax

from toybench.methods.conformal._risk import TIE, SummedLosses, Sums


class ConformalRiskControl(SummedLosses):
    """Guarantees the risk in expectation over calibration and test."""

    paper = "angelopoulos2022conformal"

    def feasible(self, state: Sums) -> jax.Array:
        return state.total + 1.0 <= self.given * (state.weight + 1.0) + TIE
