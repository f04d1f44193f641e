"""Subgradient descent at one rate throughout, the baseline that every schedule is compared with.

**Source**: Schaipp, Hägele, Taylor, Simsekli, Bach: The Surprising Agreement Between Convex Optimization Theory and
Learning-Rate Scheduling for Large Model Training, 2025, https://arxiv.org/abs/2501.18965; their code,
fabian-sp/lr-scheduling, src/scheduled/schedules/base.py (a schedule without a cooldown).

    w <- w - lr g

**Differs from the paper**: nothing.

**Shapes**: those of the weights.
"""

import jax
import jax.numpy as jnp

from toybench.methods.learning_rates._schedules import LastIterate, afterwards, eighths


class Constant(LastIterate):
    """One rate, the last iterate."""

    space = {"lr": eighths(0.001)}

    def formula(self, done: jax.Array) -> jax.Array:
        return afterwards(done, jnp.ones(done.shape))
