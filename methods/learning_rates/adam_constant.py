"""Adam at a constant rate.

**Source**: Kingma, Ba: Adam: A Method for Stochastic Optimization, 2015, https://arxiv.org/abs/1412.6980, Algorithm 1;
as the baseline of Abdukhakimov et al.: SANIA, 2023, https://arxiv.org/abs/2312.17369, in the authors' code,
fxrshed/SANIA, `experiments/methods.py`.

    m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2
    w <- w - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)

**Differs from the paper**: none.

**Shapes**: those of the task's weights.
"""

import optax

from toybench.blocks.descent import Transformed


class AdamConstant(Transformed):
    """Adam with neither a rise of the rate nor a fall."""

    lr: float = 0.003  # learning rate, above 0
    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the rate rises linearly, 0 to 1
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1
    eps: float = 1e-8  # added to the root, 0 or more

    unit = 0.003
    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4)}

    def transform(self) -> optax.GradientTransformation:
        return optax.scale_by_adam(b1=self.b1, b2=self.b2, eps=self.eps)
