"""Adam on weights that are measured in the size of their column: what knowing the columns of one batch is worth.

**Source**: control; Kingma, Ba: Adam: A Method for Stochastic Optimization, 2015, https://arxiv.org/abs/1412.6980,
Algorithm 1, after the usual standardisation of the inputs.

    u = size w        g_u = g / size        u <- u - rate (m_hat / (sqrt(v_hat) + eps)) of g_u

**Differs from the paper**: (1) the size of every column, its root mean square in a first batch, is given.

**Shapes**: d columns.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights, transformed


class AdamRescaled(Descent):
    """Adam in standardised columns."""

    lr: float = 1.0  # peak learning rate, above 0
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1

    unit = 0.003
    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4)}

    def start(self, weights: Weights) -> Slots:
        return self.transform().init(weights)

    def transform(self) -> optax.GradientTransformation:
        """Adam's direction."""
        return optax.scale_by_adam(b1=self.b1, b2=self.b2)

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        sizes = self.given.sizes
        gradient = jax.grad(self.spec.loss)(weights, batch) / sizes
        direction, slots = transformed(self.transform(), gradient, slots, jnp.zeros_like(weights))
        return weights - now.rate * direction / sizes, slots

    def fits(self, spec: Any) -> str | None:
        return None if getattr(spec, "sizes_given", False) else "it is told the sizes of columns, and these have none"
