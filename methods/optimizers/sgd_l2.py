"""Stochastic gradient descent on the loss with an L2 penalty.

**Source**: the baseline of Loshchilov, Hutter: Decoupled Weight Decay Regularization, ICLR 2019,
https://arxiv.org/abs/1711.05101; the authors' code, loshchil/AdamW-and-SGDW `UPDATETORCHFILES/sgd.lua` with `sgd_type`
0.

    w <- w - s_t lr (g + decay w)

**Differs from the paper**: 1. no momentum, for which the equivalence with decoupled decay is exact.

**Shapes**: those of the task's weights.
"""

import jax

from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights


class SGDL2(Descent):
    """The learning rate multiplies the penalty's gradient too."""

    lr: float = 0.001  # peak learning rate, above 0
    decay: float = 0.3  # weight of half the squared weights, 0 or more

    unit = 0.001
    unit_decay = 0.03

    def start(self, weights: Weights) -> Slots:
        return ()

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        return jax.tree.map(lambda w, g: w - now.rate * (g + now.decay * w), weights, gradient), slots
