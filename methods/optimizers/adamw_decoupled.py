"""AdamW as published: the decay follows the schedule, and not the learning rate.

**Source**: Loshchilov, Hutter: Decoupled Weight Decay Regularization, ICLR 2019, https://arxiv.org/abs/1711.05101; the
authors' code, loshchil/AdamW-and-SGDW `UPDATETORCHFILES/adam.lua` and `train.lua` (`ADAMdec`). Direction:
optax.scale_by_adam.

    w <- w - s_t (lr adam(g) + decay w)        s_t: the schedule's factor, 1 at its peak

Libraries write w - s_t lr (adam(g) + decay w) instead: that is `adamw`.

**Differs from the paper**: 1. the decay isn't divided by the root of the number of updates, which is the same for all.

**Shapes**: those of the task's weights.
"""

import jax
import optax

from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights, transformed


class AdamWDecoupled(Descent):
    """Adam's direction, and a pull towards 0 that doesn't know the learning rate."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.003  # weight decay, 0 or more
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1

    paper = "loshchilov2017decoupled"
    unit = 0.003
    unit_decay = 0.0003

    def adam(self) -> optax.GradientTransformation:
        """Adam's direction."""
        return optax.scale_by_adam(b1=self.b1, b2=self.b2)

    def start(self, weights: Weights) -> Slots:
        return self.adam().init(weights)

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        direction, slots = transformed(self.adam(), gradient, slots, weights)

        def moved(w: jax.Array, d: jax.Array) -> jax.Array:
            return w - now.rate * d - now.factor * now.decay * w

        return jax.tree.map(moved, weights, direction), slots
