"""Adam with decoupled weight decay, the field's default.

**Source**: Loshchilov, Hutter: Decoupled Weight Decay Regularization, 2019, https://arxiv.org/abs/1711.05101,
Algorithm 2; the direction is optax.scale_by_adam.

    m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2
    w <- w - rate (m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps) + decay w)

**Differs from the paper**: (1) the decay is multiplied by the learning rate, as in most libraries, not by the
schedule alone.

**Shapes**: those of the task's weights.
"""

import optax

from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._parts import rates


class AdamW(Transformed):
    """Adam's direction, and a pull towards 0 beside it."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1

    unit = 0.003
    space = {"lr": rates(0.00056)}

    def transform(self) -> optax.GradientTransformation:
        return optax.scale_by_adam(b1=self.b1, b2=self.b2)
