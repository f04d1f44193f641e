"""Subgradient descent at one rate, whose last iterates are averaged: the strongest control without a schedule.

**Source**: Rakhlin, Shamir, Sridharan: Making Gradient Descent Optimal for Strongly Convex Stochastic Optimization,
2012, https://arxiv.org/abs/1109.5647 (suffix averaging); not read for this, the formula is all of it.

    w <- w - lr g        a = mean of the last share of the iterates        a is judged

**Differs from the paper**: 1. a constant rate instead of one like 1 / t, as the problem isn't strongly convex. 2. until
the last share begins, the last iterate is judged.

**Shapes**: d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch
from toybench.methods.learning_rates._schedules import Scheduled, afterwards, eighths


class TailAverage(Scheduled):
    """One rate, the mean of the last iterates; the memory is that mean, float [d]."""

    tail: float = 0.5  # share of the updates whose iterates are averaged, 0 to 1

    space = {"lr": eighths(0.003)}

    def start(self, weights: jax.Array) -> jax.Array:
        return weights

    def factor(self, done: jax.Array, slots: jax.Array) -> jax.Array:
        return afterwards(done, jnp.ones(done.shape))

    def step(
        self, lr: jax.Array, done: jax.Array, weights: jax.Array, slots: jax.Array, batch: Batch
    ) -> tuple[jax.Array, jax.Array]:
        moved = weights - lr * self.factor(done, slots) * jax.grad(self.spec.loss)(weights, batch)
        first = (1 - self.tail) * self.spec.length
        count = jnp.maximum(done.astype(jnp.float32) - first + 1, 1.0)
        return moved, slots + (moved - slots) / count

    def judged(self, weights: jax.Array, slots: jax.Array) -> jax.Array:
        return slots
