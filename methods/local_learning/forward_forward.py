"""Forward-forward: every layer learns alone to be more active on points shown with their right label than a wrong one.

**Source**: Hinton, "The Forward-Forward Algorithm: Some Preliminary Investigations", 2022,
https://arxiv.org/abs/2212.13345 (sections 2 and 3.3).

    L_l = softplus(theta - g_l(x, y)) + softplus(g_l(x, y') - theta)        y' a wrong label; g_l = mean h_l^2
    no gradient passes from a layer to the one below; prediction = argmax_y sum_l g_l(x, y)

**Differs from the paper**: 1. all layers learn at the same time, not one after the other. 2. wrong labels are drawn
uniformly. 3. the first layer's goodness counts in the prediction, also with more than two layers. 4. the mean square of
a layer's input is 1 (the paper fixes its length), and goodness is a mean, not a sum, of squares.

**Shapes**: b batch, d features, c classes, h hidden units, l layers.
"""

from typing import Any

import jax

from toybench.methods.local_learning._goodness import Goodness, right_and_wrong
from toybench.tasks.local_learning import Examples


class ForwardForward(Goodness):
    """Greedy layers with a threshold each."""

    paper = "hinton2022forwardforward"

    def loss(self, params: Any, batch: Examples, wrong: jax.Array) -> jax.Array:
        right = self.goodness(params, batch.x, batch.y)
        other = self.goodness(params, batch.x, wrong)
        return right_and_wrong(right, other, self.threshold)
