"""Split conformal regression: a ball of one radius round a regression.

**Source**: Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, "Distribution-Free Predictive Inference for Regression",
2018, https://arxiv.org/abs/1604.04173 (split conformal prediction sets; a Euclidean norm for several responses).

    C(x) = { y : |y - f(x)| <= q },      q = the ceil((n + 1)(1 - alpha))-th smallest |y_i - f(x_i)|

**Differs from the paper**: 1. several responses share one radius, in standardised units.

**Shapes**: b points, d outputs, p candidates.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.conformal._regions import ScoredRegion, apply
from toybench.tasks.conformal._regions import Pairs


class ConformalBall(ScoredRegion):
    """As long everywhere; in one dimension the interval of absolute residuals."""

    def networks(self) -> dict[str, tuple[int, int]]:
        return {"mean": (self.spec.inputs, self.spec.outputs)}

    def loss(self, params: Any, batch: Pairs, key: jax.Array) -> jax.Array:
        return jnp.mean((apply(params["mean"], batch.x) - batch.y) ** 2)

    def score(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        return jnp.linalg.norm(y - apply(params["mean"], x)[:, None], axis=-1)
