"""The last weights of another run on the same points in the same order, at a rate of its own.

**Source**: none: a control. Whoever may choose a filter may choose a rate.

    w <- w - 2 lr (w . x_i - y_i) x_i

**Differs from the paper**: 1. it does not continue the run that it is given, but repeats it at its own rate.

**Shapes**: n runs, k steps, d dimensions.
"""

import jax

from toybench import Method
from toybench.methods.online_learning._kalman import Lines
from toybench.tasks.online_learning import Run, record


class SGDRetuned(Method):
    """As many steps as the run took, and no other points."""

    lr: float = 0.1  # step size, per squared error

    deterministic = True
    space = {"lr": (0.01, 0.03, 0.06, 0.1, 0.15, 0.2)}

    def init(self, key: jax.Array) -> Lines:
        run: Run = self.given
        return Lines(record(run.x, run.y, run.order, self.lr)[:, -1])

    def line(self, state: Lines) -> jax.Array:
        return state.params
