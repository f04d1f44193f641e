"""Follow the regularised leader on the squared loss: ridge regression, refitted every round.

**Source**: Zhao, Zhou, He and Gu, "Optimal Online Generalized Linear Regression with Stochastic Noise and Its
Application to Heteroscedastic Bandits", 2022, https://arxiv.org/abs/2202.13603 (FTRL; abstract and introduction could
be read).

    theta_t = argmin_theta  lam / 2 |theta|^2 + sum_{s < t} (x_s . theta - y_s)^2 / 2

**Differs from the paper**: 1. linear link only.

**Shapes**: n instances, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.bandits._linear import Ridge, add, start, theta_of
from toybench.tasks.bandits._linear import LinearRound


class FTRL(Method):
    """In closed form."""

    lam: float = 1.0  # penalty

    paper = "zhao2022optimal"
    deterministic = True
    space = {"lam": (0.1, 1.0, 3.0, 10.0, 30.0, 100.0)}

    def init(self, key: jax.Array) -> Ridge:
        return start(self.spec.instances, self.spec.dim, self.lam)

    def update(self, state: Ridge, batch: LinearRound, key: jax.Array) -> Ridge:
        return add(state, batch.x, batch.response, jnp.ones_like(batch.response))

    def predict(self, state: Ridge, x: jax.Array) -> jax.Array:
        return (x * theta_of(state)).sum(-1)
