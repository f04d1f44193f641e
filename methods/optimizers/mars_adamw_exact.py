"""MARS-AdamW with exact corrections: the old gradient is that of the old weights on the present batch.

**Source**: Yuan, Liu, Wu, Zhou, Gu: MARS: Unleashing the Power of Variance Reduction for Training Large Models, 2025,
https://arxiv.org/abs/2411.10438; read: the authors' `MARS/optimizers/mars.py` (AGI-Arena/MARS), `is_approx=False`.

    c = g + gamma b1 / (1 - b1) (g - g_old)        c <- c / max(1, |c|_F), each matrix alone
    m <- b1 m + (1 - b1) c        v <- b2 v + (1 - b2) c^2
    w <- w - rate (m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps) + decay w)

An update costs two gradients. Vectors have AdamW with b1 = 0.9, b2 = 0.95.

**Differs from the paper**: (1) one decay for matrices and vectors; the code has another for vectors. (2) The first
update compares the gradient with itself, so that there is no correction.

**Shapes**: those of the task's weights.
"""

import jax

from toybench.blocks.descent import Batch, Descent, Now, Weights, walk
from toybench.methods.optimizers._mars import Averages, blank, direction
from toybench.methods.optimizers._parts import rates


class MARSAdamWExact(Descent):
    """AdamW of gradients that are corrected on the same batch."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    gamma: float = 0.025  # share of the correction, 0 or more; the paper's
    b1: float = 0.95  # forgetting of the mean, 0 to 1; the paper's
    b2: float = 0.99  # forgetting of the square, 0 to 1; the paper's

    paper = "yuan2024mars"
    cost = 2
    unit = 0.003
    space = {"lr": rates(0.00056)}

    def start(self, weights: Weights) -> Averages:
        return blank(weights, weights)

    def step(
        self, now: Now, weights: Weights, slots: Averages, batch: Batch, key: jax.Array
    ) -> tuple[Weights, Averages]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        old = jax.grad(self.spec.loss)(slots.before, batch)
        step, slots = direction(slots, gradient, old, weights, self.gamma, (self.b1, self.b2))
        return walk(weights, step, now), slots
