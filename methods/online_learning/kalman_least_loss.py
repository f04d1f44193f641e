"""Rolls the path of gradient descent forward and takes the line with the least loss on the points seen.

**Source**: a control of Gokulprasath, "Extended Linear Regression: A Kalman Filter Approach for Minimizing Loss via
Area Under the Curve", 2023, https://arxiv.org/abs/2308.12280: its filter, without the areas.

    (w, w') = Kalman filter of the path,    w_h = w + h w',    chosen: the least mean_i (y_i - w_h . x_i)^2

**Differs from the paper**: 1. no areas. 2. the filter is that of `kalman_area`.

**Shapes**: n runs, h steps ahead, d dimensions.
"""

import jax

from toybench import Method
from toybench.methods.online_learning._kalman import Lines, choose, filtered, roll, seen_losses
from toybench.tasks.online_learning import Run


class KalmanLeastLoss(Method):
    """Is the area of use?"""

    process: float = 0.001  # variance of the velocity's noise, in that of the path's

    horizon: int = 30  # steps rolled forward

    deterministic = True
    space = {"process": (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)}

    def init(self, key: jax.Array) -> Lines:
        run: Run = self.given
        weights, velocity = filtered(run.path, self.process)
        lines = roll(weights, velocity, self.horizon)
        return Lines(choose(lines, seen_losses(run, lines).argmin(1)))

    def line(self, state: Lines) -> jax.Array:
        return state.params
