"""Stochastic gradient descent with decoupled weight decay: the decay follows the schedule, not the learning rate.

**Source**: Loshchilov, Hutter: Decoupled Weight Decay Regularization, ICLR 2019, https://arxiv.org/abs/1711.05101; the
authors' code, loshchil/AdamW-and-SGDW `UPDATETORCHFILES/sgd.lua` and `train.lua` (`SGDdec`).

    w <- w - s_t (lr g + decay w)        s_t: the schedule's factor, 1 at its peak

**Differs from the paper**: 1. no momentum. 2. the decay isn't divided by the root of the number of updates.

**Shapes**: those of the task's weights.
"""

import jax

from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights


class SGDW(Descent):
    """A pull towards 0 that doesn't know the learning rate."""

    lr: float = 0.001  # peak learning rate, above 0
    decay: float = 0.0003  # weight decay, 0 or more

    paper = "loshchilov2017decoupled"
    unit = 0.001
    unit_decay = 0.00003

    def start(self, weights: Weights) -> Slots:
        return ()

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        gradient = jax.grad(self.spec.loss)(weights, batch)

        def moved(w: jax.Array, g: jax.Array) -> jax.Array:
            return w - now.rate * g - now.factor * now.decay * w

        return jax.tree.map(moved, weights, gradient), slots
