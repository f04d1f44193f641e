"""Feedback alignment through F W_1 as it was at the start: the control of adaptive feedback alignment.

**Source**: Srinivasan, Mignacco, Sorbaro, Refinetti, Cooper, Kreiman and Dellaferrera, "Forward Learning with Top-Down
Feedback: Empirical and Analytical Characterization", 2023,
https://arxiv.org/abs/2302.05440 (its comparison with direct feedback alignment), after
Nokland, 2016, https://arxiv.org/abs/1609.01596.

    d_1 = (e F W_1(0)) f'(a_1),   dW_1 = x^T d_1 / b,   dW_2 = h_1^T e / b

**Differs from the paper**: 1. the fixed matrix has the adaptive one's initial value; there it is drawn on its own.

**Shapes**: b batch, d features, c classes, h hidden units; F [c, d], W_1(0) [d, h], e [b, c] output error.
"""

import jax

from toybench.methods.local_learning._rule import ErrorToInput, State
from toybench.tasks.local_learning import Examples, Weights, through_input


class FixedFeedback(ErrorToInput):
    """The backward matrix never moves."""

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        hs, error = self.errors(state, batch)
        return through_input(self.spec, hs, error, *state.fixed)
