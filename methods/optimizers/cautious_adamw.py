"""Cautious AdamW: coordinates of Adam's step that go against the present gradient stay where they are.

**Source**: Liang, Chen, Liu, Liu: Cautious Optimizers: Improving Training with One Line of Code, 2024,
https://arxiv.org/abs/2411.16085, the code on its first page (version 4).

    u = adam(g)        m = [u g > 0]
    w <- w - rate (u m / max(mean(m), 1e-3) + decay w)        the mean over each array

**Differs from the paper**: (1) the paper adds a small number to the mean, where public code has the maximum.
(2) `mask=random` keeps as large a share of the coordinates, chosen blindly: a control.

**Shapes**: those of the task's weights.
"""

import jax

from toybench.blocks.descent import Batch, Descent, Now, Weights, walk
from toybench.methods.optimizers._parts import Moments, adam, blank, masked, rates, remember


class CautiousAdamW(Descent):
    """AdamW with a mask."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1
    mask: str = "sign"  # sign, or random: a control

    paper = "liang2024cautious"
    unit = 0.003
    space = {"lr": rates(0.00056)}

    def start(self, weights: Weights) -> Moments:
        return blank(weights)

    def step(self, now: Now, weights: Weights, slots: Moments, batch: Batch, key: jax.Array) -> tuple[Weights, Moments]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        slots = remember(slots, gradient, self.b1, self.b2)
        direction = masked(adam(slots, self.b1, self.b2), gradient, self.mask, key)
        return walk(weights, direction, now), slots
