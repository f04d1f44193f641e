"""Cautious Lion: coordinates of Lion's step that go against the present gradient stay where they are.

**Source**: Liang, Chen, Liu, Liu: Cautious Optimizers: Improving Training with One Line of Code, 2024,
https://arxiv.org/abs/2411.16085, the code on its first page (version 4), with Lion's step.

    u = sign(b1 m + (1 - b1) g)        k = [u g > 0]        m <- b2 m + (1 - b2) g
    w <- w - rate (u k / max(mean(k), 1e-3) + decay w)        the mean over each array

**Differs from the paper**: (1) the paper adds a small number to the mean, where public code has the maximum.

**Shapes**: those of the task's weights.
"""

import jax
import optax

from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights, transformed, walk
from toybench.methods.optimizers._parts import masked, rates


class CautiousLion(Descent):
    """Lion with a mask."""

    lr: float = 0.001  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    b1: float = 0.9  # share of the momentum in the step, 0 to 1
    b2: float = 0.99  # forgetting of the momentum, 0 to 1

    paper = "liang2024cautious"
    unit = 0.001
    space = {"lr": rates(0.0001)}

    def signs(self) -> optax.GradientTransformation:
        """Lion's direction."""
        return optax.scale_by_lion(b1=self.b1, b2=self.b2)

    def start(self, weights: Weights) -> Slots:
        return self.signs().init(weights)

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        direction, slots = transformed(self.signs(), gradient, slots, weights)
        return walk(weights, masked(direction, gradient, "sign", key), now), slots
