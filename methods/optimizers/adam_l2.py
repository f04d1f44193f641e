"""Adam on the loss with an L2 penalty: what libraries once called Adam's weight decay.

**Source**: the baseline of Loshchilov, Hutter: Decoupled Weight Decay Regularization, ICLR 2019,
https://arxiv.org/abs/1711.05101; the authors' code, loshchil/AdamW-and-SGDW `UPDATETORCHFILES/adam.lua` with
`adam_type` 0. Direction: optax.scale_by_adam.

    g <- g + decay w        w <- w - rate adam(g)

**Differs from the paper**: nothing.

**Shapes**: those of the task's weights.
"""

import jax
import optax

from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights, transformed


class AdamL2(Descent):
    """The penalty's gradient is divided by the root mean square too."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.3  # weight of half the squared weights, 0 or more
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1

    unit = 0.003
    unit_decay = 0.03

    def adam(self) -> optax.GradientTransformation:
        """Adam's direction."""
        return optax.scale_by_adam(b1=self.b1, b2=self.b2)

    def start(self, weights: Weights) -> Slots:
        return self.adam().init(weights)

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        penalised = jax.tree.map(lambda g, w: g + now.decay * w, gradient, weights)
        direction, slots = transformed(self.adam(), penalised, slots, weights)
        return jax.tree.map(lambda w, d: w - now.rate * d, weights, direction), slots
