"""Adaptive feedback alignment: errors travel back through F W_1, fixed weights times the first layer's own.

**Source**: Srinivasan, Mignacco, Sorbaro, Refinetti, Cooper, Kreiman and Dellaferrera, "Forward Learning with Top-Down
Feedback: Empirical and Analytical Characterization", 2023,
https://arxiv.org/abs/2302.05440 (section 3, the rule that approximates PEPITA).

    d_1 = (e F W_1) f'(a_1),   dW_1 = x^T d_1 / b,   dW_2 = h_1^T e / b

**Differs from the paper**: 1. F as in `pepita` here.

**Shapes**: b batch, d features, c classes, h hidden units; F [c, d], W_1 [d, h], e [b, c] output error.
"""

import jax

from toybench.methods.local_learning._rule import ErrorToInput, State
from toybench.tasks.local_learning import Examples, Weights, through_input


class AdaptiveFeedbackAlignment(ErrorToInput):
    """The backward matrix moves with the forward weights below it."""

    paper = "srinivasan2023forward"

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        hs, error = self.errors(state, batch)
        return through_input(self.spec, hs, error, state.fixed[0], state.params["weights"][0].w)
