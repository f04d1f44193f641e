"""Split conformal prediction: the set size that would have left no loss for most calibration points.

**Source**: Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005; Lei, G'Sell, Rinaldo,
Tibshirani and Wasserman, "Distribution-Free Predictive Inference for Regression", 2018, https://arxiv.org/abs/1604.04173.

    s_i = min { lambda : L_i(lambda) = 0 },      lambda^ = the ceil((n + 1)(1 - alpha))-th smallest s_i, infinity if > n
    P(L_{n+1}(lambda^) = 0) >= 1 - alpha,      and = ceil((n + 1)(1 - alpha)) / (n + 1) without ties

**Differs from the paper**: 1. scores lie on a grid of 201 values, and are counted instead of sorted. 2. with several
true labels it promises that none is missed, which is more than was asked.

**Shapes**: r replicates, n points, g sizes on the grid.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.conformal._risk import TIE, Sums, add_losses, first, no_losses
from toybench.tasks.conformal._risk import Losses


class SplitConformal(Method):
    """Miscoverage is at most alpha, whatever the loss; `total` counts the points with a loss at every size."""

    deterministic = True

    def init(self, key: jax.Array) -> Sums:
        return no_losses(self.spec)

    def update(self, state: Sums, batch: Losses, key: jax.Array) -> Sums:
        return add_losses(state, (batch.loss > 0).astype(jnp.float32))

    def size_index(self, state: Sums) -> jax.Array:
        return first(state.weight - state.total >= order(state.weight, self.given))


def order(count: jax.Array, alpha: jax.Array) -> jax.Array:
    """Which order statistic of `count` scores split conformal takes, ceil((count + 1)(1 - alpha)), as a float.

    It is computed from the other side, because (count + 1)(1 - alpha) may land just above an integer.
    """
    return count + 1 - jnp.floor(alpha * (count + 1) + TIE)
