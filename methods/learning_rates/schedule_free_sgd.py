"""Schedule-free subgradient descent: gradients are taken between the moving weights and their mean, which is judged.

**Source**: Defazio, Yang, Mehta, Mishchenko, Khaled, Cutkosky: The Road Less Scheduled, 2024,
https://arxiv.org/abs/2405.15682, by optax.contrib.schedule_free, whose numbers it gives.

    y = (1 - b) z + b x        z <- z - lr g(y)        x <- x + (z - x) / t        at update t = 1, 2, ...

**Differs from the paper**: 1. no warm-up.

**Shapes**: d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch
from toybench.methods.learning_rates._schedules import Scheduled, afterwards, eighths


class ScheduleFreeSGD(Scheduled):
    """One rate for z, the weights that move; the memory is their mean x, float [d]."""

    beta: float = 0.9  # b, 0 to 1: Polyak averaging to primal averaging; the paper's default

    space = {"lr": eighths(0.008)}

    def start(self, weights: jax.Array) -> jax.Array:
        return weights

    def factor(self, done: jax.Array, slots: jax.Array) -> jax.Array:
        return afterwards(done, jnp.ones(done.shape))

    def step(
        self, lr: jax.Array, done: jax.Array, weights: jax.Array, slots: jax.Array, batch: Batch
    ) -> tuple[jax.Array, jax.Array]:
        between = (1 - self.beta) * weights + self.beta * slots
        moved = weights - lr * self.factor(done, slots) * jax.grad(self.spec.loss)(between, batch)
        count = jnp.maximum(done + 1, 1).astype(jnp.float32)
        return moved, slots + (moved - slots) / count

    def judged(self, weights: jax.Array, slots: jax.Array) -> jax.Array:
        return slots
