"""Signum: the sign of a mean gradient.

**Source**: Bernstein, Wang, Azizzadenesheli, Anandkumar: signSGD: Compressed Optimisation for Non-Convex Problems,
ICML 2018, https://arxiv.org/abs/1802.04434, for the sign of momentum; Lion with its two betas equal.

    m <- b m + (1 - b) g        w <- w - rate (sign(m) + decay w)

**Differs from the paper**: 1. decoupled weight decay beside it, as Lion has.

**Shapes**: those of the task's weights.
"""

import optax

from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._parts import rates


class Signum(Transformed):
    """Steps of one size a coordinate."""

    lr: float = 0.001  # peak learning rate, above 0
    decay: float = 0.1  # weight decay, 0 or more
    beta: float = 0.9  # forgetting of the mean gradient, 0 to 1

    unit = 0.001
    space = {"lr": rates(0.0001)}

    def transform(self) -> optax.GradientTransformation:
        return optax.scale_by_lion(b1=self.beta, b2=self.beta)
