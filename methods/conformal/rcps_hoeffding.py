"""Risk-controlling prediction sets with Hoeffding's inequality.

**Source**: Bates, Angelopoulos, Lei, Malik and Jordan, "Distribution-Free, Risk-Controlling Prediction Sets", 2021,
https://arxiv.org/abs/2101.02703 (upper confidence bound calibration).

    lambda^ = inf { lambda : R^(lambda') + sqrt(log(1 / delta) / 2n) <= alpha  for all lambda' >= lambda }
    P(R(lambda^) <= alpha) >= 1 - delta

**Differs from the paper**: 1. lambda lies on a grid of 201 values.

**Shapes**: r replicates, g sizes on the grid.
"""

import jax
import jax.numpy as jnp

from toybench.methods.conformal._risk import CalibrationOnly, Sums


class RCPSHoeffding(CalibrationOnly):
    """With n <= log(1/delta) / (2 alpha^2) points it can only answer with the largest set."""

    delta: float = 0.1  # probability of exceeding the risk; the paper's value

    def feasible(self, state: Sums) -> jax.Array:
        n = jnp.maximum(state.weight, 1.0)
        return (state.total / n + jnp.sqrt(-jnp.log(self.delta) / (2 * n)) <= self.given) & (state.weight > 0)
