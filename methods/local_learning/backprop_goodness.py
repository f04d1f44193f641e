"""Back-propagation of the goodness objective: the same network and labels as forward-forward, trained end to end.

**Source**: Tosato, Basile, Ballarin, de Alteriis, Cazzaniga and Ansuini, "Emergent representations in networks trained
with the Forward-Forward algorithm", 2023, https://arxiv.org/abs/2305.18353 (the control "BP on FF's loss").

    L = softplus(theta - g(x, y)) + softplus(g(x, y') - theta),        g = sum_l g_l, gradients through all layers

**Differs from the paper**: 1. see `forward_forward` on scales and wrong labels.

**Shapes**: b batch, d features, c classes, h hidden units, l layers.
"""

from typing import Any

import jax

from toybench.methods.local_learning._goodness import Goodness, right_and_wrong
from toybench.tasks.local_learning import Examples


class BackpropGoodness(Goodness):
    """What of forward-forward's representation is due to its objective, and not to locality."""

    paper = "tosato2023emergent"
    space = {"lr": (0.01, 0.03), "threshold": (2.0, 6.0, 15.0)}

    def loss(self, params: Any, batch: Examples, wrong: jax.Array) -> jax.Array:
        right = self.goodness(params, batch.x, batch.y, local=False).sum(0)
        other = self.goodness(params, batch.x, wrong, local=False).sum(0)
        return right_and_wrong(right, other, self.threshold)
