"""RAdam: Adam whose steps are shortened while the mean square is uncertain.

**Source**: Liu, Jiang, He, Chen, Liu, Gao, Han: On the Variance of the Adaptive Learning Rate and Beyond, 2020,
https://arxiv.org/abs/1908.03265, Algorithm 2; the direction is optax.scale_by_radam.

    rho = 2 / (1 - b2) - 1        rho_t = rho - 2 t b2^t / (1 - b2^t)
    r = sqrt((rho_t - 4) (rho_t - 2) rho / ((rho - 4) (rho - 2) rho_t))
    u = r m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps) where rho_t > 4, else m / (1 - b1^t)
    w <- w - rate (u + decay w)

**Differs from the paper**: (1) the library adapts from rho_t >= 5 on; here from 4.5 on, the paper's 4 without
rounding.
(2) Warm-up on top of its own, as every rule of the study, and weight decay beside the step.

**Shapes**: those of the task's weights.
"""

import optax

from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._parts import rates

TRACTABLE = 4.5  # the paper's rho_t > 4: with b2 = 0.999 they are 3.997, 4.996, ..., and in float32 the first may be 4


class RAdam(Transformed):
    """Rectified Adam."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1

    unit = 0.003
    space = {"lr": rates(0.00056)}

    def transform(self) -> optax.GradientTransformation:
        return optax.scale_by_radam(b1=self.b1, b2=self.b2, threshold=TRACTABLE)
