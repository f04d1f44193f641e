"""The last weights of the run.

**Source**: the baseline of Gokulprasath, "Extended Linear Regression: A Kalman Filter Approach for Minimizing Loss via
Area Under the Curve", 2023, https://arxiv.org/abs/2308.12280.

    chosen: w_k

**Differs from the paper**: nothing.

**Shapes**: n runs, k steps, d dimensions.
"""

import jax

from toybench import Method
from toybench.methods.online_learning._kalman import Lines


class SGDLast(Method):
    """Where gradient descent was stopped."""

    deterministic = True

    def init(self, key: jax.Array) -> Lines:
        return Lines(self.given.path[:, -1])

    def line(self, state: Lines) -> jax.Array:
        return state.params
