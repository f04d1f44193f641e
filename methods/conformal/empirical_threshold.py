"""The uncorrected choice: the smallest set whose empirical risk is at most alpha.

**Source**: the plug-in threshold that Angelopoulos, Bates, Fisch, Lei and Schuster, "Conformal Risk Control", 2022,
https://arxiv.org/abs/2208.02814 correct; their algorithm with B = 0 and n for n + 1.

    lambda^ = inf { lambda : R^_n(lambda) <= alpha }

**Differs from the paper**: nothing.

**Shapes**: r replicates, g sizes on the grid.
"""

import jax

from toybench import Method
from toybench.methods.conformal._risk import TIE, Sums, add_losses, first, no_losses
from toybench.tasks.conformal._risk import Losses


class EmpiricalThreshold(Method):
    """Promises nothing at a finite n; before any point it takes the largest set."""

    deterministic = True

    def init(self, key: jax.Array) -> Sums:
        return no_losses(self.spec)

    def update(self, state: Sums, batch: Losses, key: jax.Array) -> Sums:
        return add_losses(state, batch.loss)

    def size_index(self, state: Sums) -> jax.Array:
        return first((state.total <= self.given * state.weight + TIE) & (state.weight > 0))
