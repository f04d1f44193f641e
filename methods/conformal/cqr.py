"""Conformalised quantile regression: two learned quantiles, moved outward or inward by one number.

**Source**: Romano, Patterson and Candès, "Conformalized Quantile Regression", 2019, https://arxiv.org/abs/1905.03222.

    E_i = max(q_lo(x_i) - y_i, y_i - q_hi(x_i)),      C(x) = [q_lo(x) - Q, q_hi(x) + Q],   levels alpha/2, 1 - alpha/2
    Q = the ceil((n + 1)(1 - alpha))-th smallest E_i

**Differs from the paper**: 1. a small network without cross-validated levels.

**Shapes**: b points, p candidates; one output.
"""

from toybench.methods.conformal._regions import QuantileBox
from toybench.tasks.conformal._regions import RegionSpec


class CQR(QuantileBox):
    """Adapts its length to the spread at the input."""

    def fits(self, spec: RegionSpec) -> str | None:
        return None if spec.outputs == 1 else "it is for one response; naive_quantile_box is its form for several"
