"""XGrad with AdamW: the gradient is taken where the next step would lead.

**Source**: Guan, Li, Shi, Meng: XGrad: Boosting Gradient-Based Optimizers With Weight Prediction, 2023,
https://arxiv.org/abs/2305.18240; read: the authors' `AdamW.py` (guanleics/XGrad).

    g = gradient at w - s rate adam(m, v)        m and v of the gradients before; nothing is predicted at the first
    w <- w - rate (adam(m', v') + decay w)

**Differs from the paper**: nothing; s = 1 and no decay in the prediction, as the code has it.

**Shapes**: those of the task's weights.
"""

import jax

from toybench.blocks.descent import Batch, Descent, Now, Weights, walk
from toybench.methods.optimizers._parts import Moments, adam, blank, rates, remember


class XGradAdamW(Descent):
    """AdamW with weight prediction."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1
    ahead: float = 1.0  # steps of prediction, 0 or more; the paper's

    paper = "guan2023xgrad"
    unit = 0.003
    space = {"lr": rates(0.00056)}

    def start(self, weights: Weights) -> Moments:
        return blank(weights)

    def step(self, now: Now, weights: Weights, slots: Moments, batch: Batch, key: jax.Array) -> tuple[Weights, Moments]:
        before = adam(slots, self.b1, self.b2)
        predicted = jax.tree.map(lambda w, d: w - self.ahead * now.rate * d, weights, before)
        slots = remember(slots, jax.grad(self.spec.loss)(predicted, batch), self.b1, self.b2)
        return walk(weights, adam(slots, self.b1, self.b2), now), slots
