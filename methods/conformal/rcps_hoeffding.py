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

from toybench import Method
from toybench.methods.conformal._risk import Sums, add_losses, first, needs_one_set, no_losses
from toybench.tasks.conformal._risk import Losses, RiskSpec


class RCPSHoeffding(Method):
    """With n <= log(1/delta) / (2 alpha^2) points it can only answer with the largest set."""

    delta: float = 0.1  # probability of exceeding the risk; the paper's value

    deterministic = True

    def fits(self, spec: RiskSpec) -> str | None:
        return needs_one_set(spec)

    def init(self, key: jax.Array) -> Sums:
        return no_losses(self.spec)

    def update(self, state: Sums, batch: Losses, key: jax.Array) -> Sums:
        return add_losses(state, batch.loss)

    def size_index(self, state: Sums) -> jax.Array:
        n = jnp.maximum(state.weight, 1.0)
        bound = state.total / n + jnp.sqrt(-jnp.log(self.delta) / (2 * n))
        return first((bound <= self.given) & (state.weight > 0))
