"""The uncorrected choice: the smallest set whose empirical risk is at most alpha.

**Source**: the plug-in threshold that Angelopoulos, Bates, Fisch, Lei and Schuster, "Conformal Risk Control", 2022,
https://arxiv.org/abs/2208.02814 correct; their algorithm with B = 0 and n for n + 1.

    lambda^ = inf { lambda : R^_n(lambda) <= alpha }

**Differs from the paper**: nothing.

**Shapes**: r replicates, g sizes on the grid.
"""

import jax

from toybench.methods.conformal._risk import TIE, SummedLosses, Sums


class EmpiricalThreshold(SummedLosses):
    """Promises nothing at a finite n; before any point it takes the largest set."""

    def feasible(self, state: Sums) -> jax.Array:
        return (state.total <= self.given * state.weight + TIE) & (state.weight > 0)
