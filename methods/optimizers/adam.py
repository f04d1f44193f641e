"""Adam: the mean gradient over the root of its mean square.

**Source**: Kingma, Ba: Adam: A Method for Stochastic Optimization, 2015, https://arxiv.org/abs/1412.6980, Algorithm 1;
the direction is optax.scale_by_adam.

    m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2
    w <- w - rate m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps)

**Differs from the paper**: (1) warm-up and cosine decay instead of a constant rate.

**Shapes**: those of the task's weights.
"""

import optax

from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._parts import rates


class Adam(Transformed):
    """Adam as published; b1 = b2 = 0 is the sign of the gradient."""

    lr: float = 0.003  # peak learning rate, above 0
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1

    unit = 0.003
    space = {"lr": rates(0.00056)}

    def transform(self) -> optax.GradientTransformation:
        return optax.scale_by_adam(b1=self.b1, b2=self.b2)
