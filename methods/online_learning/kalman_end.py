"""Rolls the path of gradient descent forward and takes the last line, unseen losses or not.

**Source**: a control of Gokulprasath, "Extended Linear Regression: A Kalman Filter Approach for Minimizing Loss via
Area Under the Curve", 2023, https://arxiv.org/abs/2308.12280: its filter, without a selection.

    (w, w') = Kalman filter of the path,    chosen: w + horizon w'

**Differs from the paper**: 1. no selection. 2. the filter is that of `kalman_area`.

**Shapes**: n runs, d dimensions.
"""

import jax

from toybench import Method
from toybench.methods.online_learning._kalman import Lines, filtered


class KalmanEnd(Method):
    """A constant velocity overshoots a path that slows down."""

    process: float = 0.001  # variance of the velocity's noise, in that of the path's

    horizon: int = 30  # steps rolled forward

    deterministic = True
    space = {"process": (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)}

    def init(self, key: jax.Array) -> Lines:
        weights, velocity = filtered(self.given.path, self.process)
        return Lines(weights + self.horizon * velocity)

    def line(self, state: Lines) -> jax.Array:
        return state.params
