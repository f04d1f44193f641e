"""Stochastic gradient descent with momentum at a constant rate.

**Source**: baseline; Sutskever, Martens, Dahl, Hinton: On the Importance of Initialization and Momentum in Deep
Learning, 2013, https://proceedings.mlr.press/v28/sutskever13.html, equations 1 and 2, in the form of optax.trace.

    v <- beta v + g        w <- w - rate v

**Differs from the paper**: (1) the rate multiplies the velocity, not the gradient in it; at a constant rate that is
the same.

**Shapes**: those of the task's weights.
"""

import optax

from toybench.blocks.descent import Transformed


class SGDMomentum(Transformed):
    """Gradients, and a share of the last step."""

    lr: float = 0.1  # learning rate, above 0
    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the rate rises linearly, 0 to 1
    beta: float = 0.9  # share of the velocity that is kept, 0 to 1

    unit = 0.1

    def transform(self) -> optax.GradientTransformation:
        return optax.trace(decay=self.beta)
