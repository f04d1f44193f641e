"""AdaGrad: gradients over the root of their summed squares.

**Source**: Duchi, Hazan, Singer: Adaptive Subgradient Methods for Online Learning and Stochastic Optimization, 2011,
https://jmlr.org/papers/v12/duchi11a.html, Figure 1 (diagonal); the direction is optax.scale_by_rss.

    v <- v + g^2        w <- w - rate g / sqrt(v)

**Differs from the paper**: (1) no composite term; sums start at 0, where the library has 0.1.

**Shapes**: those of the task's weights.
"""

import optax

from toybench.blocks.descent import Transformed


class AdaGrad(Transformed):
    """Rates that fall with the squares of the gradients so far."""

    lr: float = 1.0  # learning rate, above 0
    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the rate rises linearly, 0 to 1
    eps: float = 1e-30  # added to the sum, above 0

    unit = 0.1
    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4)}

    def transform(self) -> optax.GradientTransformation:
        return optax.scale_by_rss(initial_accumulator_value=0.0, eps=self.eps)
