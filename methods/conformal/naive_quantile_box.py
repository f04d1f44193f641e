"""A box of learned quantiles of each coordinate, calibrated as in conformalised quantile regression.

**Source**: the naive baseline of Feldman, Bates and Romano, "Calibrated Multiple-Output Quantile Regression with
Representation Learning", 2021, https://arxiv.org/abs/2110.00816, and its naive_VQR.py, repository Shai128/mqr; for one
response Romano, Patterson and Candès, "Conformalized Quantile Regression", 2019, https://arxiv.org/abs/1905.03222.

    C(x) = prod_j [q_lo,j(x) - Q, q_hi,j(x) + Q],      levels alpha / 2d and 1 - alpha / 2d
    Q = the ceil((n + 1)(1 - alpha))-th smallest  max_j max(q_lo,j(x_i) - y_ij, y_ij - q_hi,j(x_i))

**Differs from the paper**: 1. one network of two levels instead of one that takes the level as an input. 2. the
correction moves all sides by the same length, in standardised units.

**Shapes**: b points, d outputs, p candidates.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.conformal._regions import ScoredRegion, apply, pinball
from toybench.tasks.conformal._regions import Pairs


class NaiveQuantileBox(ScoredRegion):
    """Knows nothing of how the coordinates depend on one another; for one, conformalised quantile regression."""

    def networks(self) -> dict[str, tuple[int, int]]:
        return {"quantiles": (self.spec.inputs, 2 * self.spec.outputs)}

    def loss(self, params: Any, batch: Pairs, key: jax.Array) -> jax.Array:
        level = self.given.alpha / (2 * self.spec.outputs)
        low, high = jnp.split(apply(params["quantiles"], batch.x), 2, axis=-1)
        return (pinball(batch.y - low, level) + pinball(batch.y - high, 1 - level)).mean()

    def score(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        low, high = jnp.split(apply(params["quantiles"], x)[:, None], 2, axis=-1)
        return jnp.maximum(low - y, y - high).max(-1)
