"""Adafactor: Adam's mean square of a matrix from its row and column means, and no momentum.

**Source**: Shazeer, Stern: Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, 2018,
https://arxiv.org/abs/1804.04235, Algorithms 4 and 5; the direction is optax.scale_by_factored_rms and
optax.clip_by_block_rms.

    R <- b R + (1 - b) row means of g^2        C <- b C + (1 - b) column means        b = 1 - t^(-0.8)
    u = g / sqrt(R C / mean(R))        w <- w - rate (u / max(1, rms(u)) + decay w)

**Differs from the paper**: (1) absolute rates with warm-up and cosine decay, not relative to the weights' size.
(2) Weight decay beside the step.

**Shapes**: those of the task's weights.
"""

import optax

from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._parts import rates

FACTORED = 8  # least side of a factored matrix; the library's 128 would leave this study's matrices to RMSprop
CLIP = 1.0  # largest root mean square of a step; the paper's


class Adafactor(Transformed):
    """Second moments of rank one."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more

    unit = 0.003
    space = {"lr": rates(0.00056)}

    def transform(self) -> optax.GradientTransformation:
        square = optax.scale_by_factored_rms(min_dim_size_to_factor=FACTORED)
        return optax.chain(square, optax.clip_by_block_rms(CLIP))
