"""The mean of all weights of the run.

**Source**: Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992,
https://doi.org/10.1137/0330046.

    chosen: mean_k w_k

**Differs from the paper**: nothing.

**Shapes**: n runs, k steps, d dimensions.
"""

import jax

from toybench import Method
from toybench.methods.online_learning._kalman import Lines


class SGDAverage(Method):
    """Averages noise away, and is late where the path has far to go."""

    deterministic = True

    def init(self, key: jax.Array) -> Lines:
        return Lines(self.given.path.mean(1))

    def line(self, state: Lines) -> jax.Array:
        return state.params
