"""Subgradient descent at one rate, whose iterates are averaged: a control that needs no schedule.

**Source**: Polyak, Juditsky: Acceleration of Stochastic Approximation by Averaging, 1992,
https://doi.org/10.1137/0330046 (the plain average).

    w <- w - lr g        a <- a + (w - a) / t        at update t = 1, 2, ...        a is judged

**Differs from the paper**: 1. a constant rate, as in nonsmooth convex optimisation, not one that falls like t^-a.

**Shapes**: d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch
from toybench.methods.learning_rates._schedules import Scheduled, afterwards, eighths


class PolyakAverage(Scheduled):
    """One rate, the mean of all iterates; the memory is that mean, float [d]."""

    space = {"lr": eighths(0.005)}

    def start(self, weights: jax.Array) -> jax.Array:
        return weights

    def factor(self, done: jax.Array, slots: jax.Array) -> jax.Array:
        return afterwards(done, jnp.ones(done.shape))

    def step(
        self, lr: jax.Array, done: jax.Array, weights: jax.Array, slots: jax.Array, batch: Batch
    ) -> tuple[jax.Array, jax.Array]:
        moved = weights - lr * self.factor(done, slots) * jax.grad(self.spec.loss)(weights, batch)
        count = jnp.maximum(done + 1, 1).astype(jnp.float32)
        return moved, slots + (moved - slots) / count

    def judged(self, weights: jax.Array, slots: jax.Array) -> jax.Array:
        return slots
