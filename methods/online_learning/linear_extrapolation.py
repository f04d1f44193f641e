"""Rolls a straight line through the last weights forward, to where the loss on the points seen is least.

**Source**: none: the plainest control of Gokulprasath, "Extended Linear Regression: A Kalman Filter Approach for
Minimizing Loss via Area Under the Curve", 2023, https://arxiv.org/abs/2308.12280.

    w_{k+h} ~ a + h b, fitted to the last `window` + 1 weights by least squares; chosen as in `kalman_least_loss`

**Differs from the paper**: 1. no Kalman filter. 2. no areas.

**Shapes**: n runs, k steps, h steps ahead, d dimensions.
"""

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.methods.online_learning._kalman import Lines, choose, roll, seen_losses
from toybench.tasks.online_learning import Run


class LinearExtrapolation(Method):
    """An ordinary regression of the weights on time."""

    window: int = 20  # steps that the line is fitted to, at most the run's

    horizon: int = 30  # steps rolled forward

    deterministic = True
    space = {"window": (2, 5, 10, 15, 20, 30)}

    def init(self, key: jax.Array) -> Lines:
        run: Run = self.given
        times = np.arange(-self.window, 1)
        fit = jnp.asarray(np.linalg.pinv(np.stack([np.ones(len(times)), times], axis=1)), run.path.dtype)
        fitted = jnp.einsum("at,ntd->and", fit, run.path[:, -len(times) :])
        lines = roll(fitted[0], fitted[1], self.horizon)
        return Lines(choose(lines, seen_losses(run, lines).argmin(1)))

    def line(self, state: Lines) -> jax.Array:
        return state.params
