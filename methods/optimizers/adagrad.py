"""AdaGrad: the gradient over the root of the sum of all its squares.

**Source**: Duchi, Hazan, Singer: Adaptive Subgradient Methods for Online Learning and Stochastic Optimization, 2011,
https://jmlr.org/papers/v12/duchi11a.html, figure 1, diagonal; the direction is optax.scale_by_rss.

    s <- s + g^2
    w <- w - rate (g / sqrt(s + eps) + decay w)

**Differs from the paper**: (1) the sum starts at 0, not at the library's 0.1, which would be a second learning rate.
(2) Warm-up and cosine decay on top of its own.

**Shapes**: those of the task's weights.
"""

import optax

from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._parts import rates

EPS = 1e-12  # under the root; the library's 1e-7 would be seen by gradients of 1e-4


class Adagrad(Transformed):
    """A rate of its own for every coordinate, which only falls."""

    lr: float = 0.1  # peak learning rate, above 0

    unit = 0.1
    space = {"lr": rates(0.01)}

    def transform(self) -> optax.GradientTransformation:
        return optax.scale_by_rss(initial_accumulator_value=0.0, eps=EPS)
