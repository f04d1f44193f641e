"""Conformal risk control with weights that fade with age.

**Source**: Farinhas, Zerva, Ulmer and Martins, "Non-Exchangeable Conformal Risk Control", 2023,
https://arxiv.org/abs/2310.01262 (the weighted threshold of its theorem on risk
control, and the weights of the authors' simulations.ipynb, repository deep-spin/non-exchangeable-crc).

    w_i = rho^(n+1-i),      lambda^ = inf { lambda : (sum_i w_i L_i(lambda) + B) / (sum_i w_i + 1) <= alpha }

The test point's own weight is 1 and its loss at most B = 1.

**Differs from the paper**: 1. the model behind the losses is fixed; the authors refit it on every other point as the
stream goes, and calibrate on the rest. 2. lambda lies on a grid of 201 values, the authors' of 50.

**Shapes**: r replicates, n points, g sizes on the grid.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.conformal._risk import TIE, Sums, first, no_losses
from toybench.tasks.conformal._risk import Losses


class NonexchangeableCRC(Method):
    """About rho / (1 - rho) points count; that must be well above B / alpha, or sets are trivially large."""

    rho: float = 0.99  # decay of a point's weight with each newer one, in (0, 1]; the paper's value

    deterministic = True
    paper = "farinhas2023nonexchangeable"
    space = {"rho": (0.9, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99, 0.993, 0.995, 0.998, 0.999)}

    def init(self, key: jax.Array) -> Sums:
        return no_losses(self.spec)

    def update(self, state: Sums, batch: Losses, key: jax.Array) -> Sums:
        n = batch.loss.shape[1]
        weight = self.rho ** jnp.arange(n, 0.0, -1.0)
        total = self.rho**n * state.total + (weight[None, :, None] * batch.loss).sum(1)
        return Sums(total=total, weight=self.rho**n * state.weight + weight.sum())

    def size_index(self, state: Sums) -> jax.Array:
        bound = 1.0  # B, the largest loss; the test point's own weight is 1
        return first(state.total + bound <= self.given * (state.weight + 1) + TIE)
