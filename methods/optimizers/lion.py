"""Lion: the sign of a mixture of momentum and gradient.

**Source**: Chen, Liang, Huang, Real, Wang and others: Symbolic Discovery of Optimization Algorithms, 2023,
https://arxiv.org/abs/2302.06675, Algorithm 2; the direction is optax.scale_by_lion.

    u = sign(b1 m + (1 - b1) g)        m <- b2 m + (1 - b2) g
    w <- w - rate (u + decay w)

**Differs from the paper**: (1) decay 0.01, as for the other rules, where the paper asks for three to ten times
AdamW's.

**Shapes**: those of the task's weights.
"""

import optax

from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._parts import rates


class Lion(Transformed):
    """Steps of one size in every coordinate."""

    lr: float = 0.001  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    b1: float = 0.9  # share of the momentum in the step, 0 to 1
    b2: float = 0.99  # forgetting of the momentum, 0 to 1

    unit = 0.001
    space = {"lr": rates(0.0001)}

    def transform(self) -> optax.GradientTransformation:
        return optax.scale_by_lion(b1=self.b1, b2=self.b2)
