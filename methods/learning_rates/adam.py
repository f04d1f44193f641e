"""Adam: the mean of gradients over the root of their mean square.

**Source**: Kingma, Ba: Adam: A Method for Stochastic Optimization, 2015, https://arxiv.org/abs/1412.6980, Algorithm 1;
the direction is optax.scale_by_adam.

    m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2
    w <- w - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)

**Differs from the paper**: (1) a schedule, a rise over 5 % of the updates and a cosine to 0, unless it is told
otherwise.

**Shapes**: those of the task's weights; n streams of gradients.
"""

import jax
import jax.numpy as jnp
import optax

from toybench.blocks.descent import State, Transformed


class Adam(Transformed):
    """Steps of about one size in every weight."""

    lr: float = 0.003  # peak learning rate, above 0
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1
    eps: float = 1e-8  # added to the root, 0 or more

    unit = 0.003
    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4)}

    def transform(self) -> optax.GradientTransformation:
        return optax.scale_by_adam(b1=self.b1, b2=self.b2, eps=self.eps)

    def rate_factor(self, state: State, square: jax.Array, count: int) -> jax.Array:
        """What multiplies the mean of gradients after `count` of them whose corrected mean square [n] is `square`."""
        return 1 / (jnp.sqrt(square) + self.eps)
