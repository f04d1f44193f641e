"""Directional quantile regression: the points that are above the quantile in every direction.

**Source**: Paindaveine and Šiman, "On Directional Multiple-Output Quantile Regression", 2011; a baseline of Feldman,
Bates and Romano, "Calibrated Multiple-Output Quantile Regression with Representation Learning", 2021,
https://arxiv.org/abs/2110.00816, and its quantile_region.py, repository Shai128/mqr.

    q_u(x) = the tau-quantile of u.y given x,      C(x) = intersection over u of { y : u.y >= q_u(x) - Q }
    Q = the ceil((n + 1)(1 - alpha))-th smallest  max_u (q_u(x_i) - u.y_i)

**Differs from the paper**: 1. 32 fixed directions, an output of the network each, instead of a network that takes the
direction, of which the authors draw 32 in training and 512 for regions. 2. calibrated by moving every side by one
length.

**Shapes**: b points, p candidates, k directions.
"""

from typing import Any

import jax

from toybench.methods.conformal._regions import ScoredRegion, apply, directions, needs_two_outputs, pinball
from toybench.tasks.conformal._regions import Pairs, RegionSpec


class DirectionalQR(ScoredRegion):
    """Convex at every input."""

    tau: float = 0.02  # level of each direction, in (0, 1/2); for N(0, I) 0.0159 covers 0.9

    directions: int = 32  # k

    space = {"lr": (0.003, 0.01, 0.03), "tau": (0.005, 0.01, 0.02, 0.05)}

    def fits(self, spec: RegionSpec) -> str | None:
        return needs_two_outputs(spec)

    def networks(self) -> dict[str, tuple[int, int]]:
        return {"quantiles": (self.spec.inputs, self.directions)}

    def loss(self, params: Any, batch: Pairs, key: jax.Array) -> jax.Array:
        along = batch.y @ directions(self.directions).T
        return pinball(along - apply(params["quantiles"], batch.x), self.tau).mean()

    def score(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        along = y @ directions(self.directions).T
        return (apply(params["quantiles"], x)[:, None] - along).max(-1)
