"""Rolls the path of gradient descent forward and takes the segment with the least area under its loss.

**Source**: Gokulprasath, "Extended Linear Regression: A Kalman Filter Approach for Minimizing Loss via Area Under the
Curve", 2023, https://arxiv.org/abs/2308.12280 (abstract and introduction could be read).

    (w, w') = Kalman filter of the path,    w_h = w + h w',    L_h = mean_i (y_i - w_h . x_i)^2,    h = 1 ... horizon
    chosen: the middle of the segment with the least |w_{h+1} - w_h| (L_h + L_{h+1}) / 2

**Differs from the paper**: 1. the filter sees the weights alone, as the losses of new weights can be computed. 2. the
loss of a line is that of its predictions for every point; `curve=mean` is the abstract's wording, one prediction at the
mean input. 3. a segment lies in the space of all weights; at a constant velocity all segments are equally long, so that
the least area is the least mean loss of two neighbours. 4. its middle is the line.

**Shapes**: n runs, k steps, d dimensions, h steps ahead, m points.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.errors import UsageError
from toybench.methods.online_learning._kalman import Lines, choose, filtered, roll, seen_losses
from toybench.tasks.online_learning import Run

CURVES = ("points", "mean")


class KalmanArea(Method):
    """The area of a segment is its length times its mean loss."""

    process: float = 0.001  # variance of the velocity's noise, in that of the path's

    horizon: int = 30  # steps rolled forward
    curve: str = "points"  # predictions that the loss is of: points (each input's), or mean (the mean input's)

    paper = "gokulprasathr2023extended"
    deterministic = True
    space = {"process": (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)}

    def init(self, key: jax.Array) -> Lines:
        if self.curve not in CURVES:
            raise UsageError(f"curve is {self.curve!r}; use one of {', '.join(CURVES)}.")
        run: Run = self.given
        weights, velocity = filtered(run.path, self.process)
        lines = roll(weights, velocity, self.horizon)
        shown = run if self.curve == "points" else run._replace(x=run.x.mean(1, keepdims=True))
        loss = seen_losses(shown, lines)
        length = jnp.linalg.norm(jnp.diff(lines, axis=1), axis=-1)
        area = length * (loss[:, 1:] + loss[:, :-1]) / 2
        middles = (lines[:, 1:] + lines[:, :-1]) / 2
        return Lines(choose(middles, area.argmin(1)))

    def line(self, state: Lines) -> jax.Array:
        return state.params
