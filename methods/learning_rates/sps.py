"""Stochastic gradient descent with Polyak's step: as long as the batch's loss would need, were it linear, to fall to 0.

**Source**: Loizou, Vaswani, Laradji, Lacoste-Julien: Stochastic Polyak Step-size for SGD, 2021,
https://arxiv.org/abs/2002.10542, SPS_max, in the form of optax.polyak_sgd.

    w <- w - min(f / (c |g|^2), cap) g

**Differs from the paper**: (1) the least loss of a batch is taken to be 0. (2) the bound of the step doesn't grow
smoothly.

**Shapes**: those of the task's weights.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch, Descent, Now, Slots, Weights
from toybench.methods.learning_rates._polyak import polyak_step


class SPS(Descent):
    """Polyak's step along the gradient."""

    lr: float = 1.0  # multiple of the rule's own step, above 0
    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the multiple rises linearly, 0 to 1
    c: float = 1.0  # divisor of the step, above 0; 1/2 in the convex theory
    cap: float = 1e6  # largest step length, above 0

    unit = 1.0
    space = {"c": (0.5, 1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0), "cap": (1.0, 1e6)}

    def start(self, weights: Weights) -> Slots:
        return ()

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        loss, gradient = jax.value_and_grad(self.spec.loss)(weights, batch)
        step = polyak_step(loss, gradient, jax.tree.map(jnp.ones_like, weights), self.c, self.cap)
        return jax.tree.map(lambda w, s: w - now.rate * s, weights, step), slots
