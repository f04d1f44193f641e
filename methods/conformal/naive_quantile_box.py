"""A box of learned quantiles of each coordinate, calibrated as in conformalised quantile regression.

**Source**: the naive baseline of Feldman, Bates and Romano, "Calibrated Multiple-Output Quantile Regression with
Representation Learning", 2021, https://arxiv.org/abs/2110.00816; Romano, Patterson and Candès, "Conformalized Quantile
Regression", 2019, https://arxiv.org/abs/1905.03222 for one response.

    C(x) = prod_j [q_lo,j(x) - Q, q_hi,j(x) + Q],      levels alpha / 2d and 1 - alpha / 2d
    Q = the ceil((n + 1)(1 - alpha))-th smallest  max_j max(q_lo,j(x_i) - y_ij, y_ij - q_hi,j(x_i))

**Differs from the paper**: 1. one network of two levels instead of one that takes the level as an input. 2. the
correction moves all sides by the same length, in standardised units.

**Shapes**: b points, d outputs, p candidates.
"""

from toybench.methods.conformal._regions import QuantileBox
from toybench.tasks.conformal._regions import RegionSpec


class NaiveQuantileBox(QuantileBox):
    """Knows nothing of how the coordinates depend on one another."""

    def fits(self, spec: RegionSpec) -> str | None:
        return None if spec.outputs > 1 else "it is for several responses; cqr is its form for one"
