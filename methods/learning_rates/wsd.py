"""Subgradient descent at one rate that is cooled down linearly to 0 at the end: warm-up, stable, decay.

**Source**: Schaipp, Hägele, Taylor, Simsekli, Bach: The Surprising Agreement Between Convex Optimization Theory and
Learning-Rate Scheduling for Large Model Training, 2025, https://arxiv.org/abs/2501.18965; their code,
fabian-sp/lr-scheduling, src/scheduled/schedules/base.py (linear cooldown).

    w <- w - lr min(1, (T - t) / (c T)) g        at update t = 0, ..., T - 1

**Differs from the paper**: 1. no warm-up, which their theory does without. 2. falls to 0 one update after the last.

**Shapes**: those of the weights.
"""

import jax
import jax.numpy as jnp

from toybench.methods.learning_rates._schedules import LastIterate, afterwards, eighths, share


class WSD(LastIterate):
    """A constant rate and a linear cooldown, the last iterate."""

    cooldown: float = 0.2  # c, share of the updates, 0 to 1; the paper's usual value

    paper = "schaipp2025surprising"
    space = {"lr": eighths(0.003)}

    def formula(self, done: jax.Array) -> jax.Array:
        left = 1 - share(done, self.spec.length)
        return afterwards(done, jnp.minimum(1.0, left / self.cooldown))
