"""Plain descent along a batch's gradient: its best rate rises with the batch to a plateau.

**Source**: McCandlish, Kaplan, Amodei and others: An Empirical Model of Large-Batch Training, 2018,
https://arxiv.org/abs/1812.06162, as restated by Li et al., 2024, https://arxiv.org/abs/2405.14578, Section 1.

    u = g

**Differs from the paper**: nothing.

**Shapes**: those of the gradient.
"""

import jax

from toybench.methods.learning_rates._rules import Rule


class SGDRule(Rule):
    """The gradient itself."""

    unit = 0.07  # ten times the sign's: a gradient's coordinates are smaller than 1

    def start(self, state: tuple, weights: jax.Array) -> tuple:
        return ()

    def direction(self, state: tuple, gradient: jax.Array, memory: tuple) -> tuple[jax.Array, tuple]:
        return gradient, memory
