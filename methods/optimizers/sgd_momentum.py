"""Stochastic gradient descent with heavy-ball momentum.

**Source**: Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum in deep learning, 2013,
https://proceedings.mlr.press/v28/sutskever13.html, equations 1 and 2; the direction is optax.trace.

    m <- beta m + g
    w <- w - rate (m + decay w)

**Differs from the paper**: (1) the rate multiplies the buffer when it is used, not the gradient when it enters.
(2) Momentum is constant, and the rate has warm-up and cosine decay. (3) Weight decay beside the step, 0 by default.

**Shapes**: those of the task's weights.
"""

import optax

from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._parts import rates


class SGDMomentum(Transformed):
    """The sum of the gradients, each forgotten geometrically."""

    lr: float = 0.1  # peak learning rate, above 0
    beta: float = 0.9  # forgetting of the sum, 0 to 1; 0 is plain gradient descent

    unit = 0.1
    space = {"lr": rates(0.0032)}

    def transform(self) -> optax.GradientTransformation:
        return optax.trace(decay=self.beta)
