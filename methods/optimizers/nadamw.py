"""NAdam with decoupled weight decay: Adam that looks one step of its momentum ahead.

**Source**: Dozat: Incorporating Nesterov Momentum into Adam, 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ,
Algorithm 2; the direction is optax.scale_by_adam(nesterov=True), whose source was read.

    m' = b1 m / (1 - b1^(t+1)) + (1 - b1) g / (1 - b1^t)        m, v and the rest as in Adam

**Differs from the paper**: (1) b1 is constant; the paper also gives a schedule. (2) v / (1 - b2^t) isn't multiplied
by b2, as the library says and other implementations do. (3) Weight decay beside the step, as AdamW.

**Shapes**: those of the task's weights.
"""

import optax

from toybench.blocks.descent import Transformed
from toybench.methods.optimizers._parts import rates


class NAdamW(Transformed):
    """Adam with Nesterov's momentum."""

    lr: float = 0.003  # peak learning rate, above 0
    decay: float = 0.01  # weight decay, 0 or more
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1

    unit = 0.003
    space = {"lr": rates(0.00056)}

    def transform(self) -> optax.GradientTransformation:
        return optax.scale_by_adam(b1=self.b1, b2=self.b2, nesterov=True)
