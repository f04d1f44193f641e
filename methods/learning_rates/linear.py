"""Subgradient descent whose rate falls linearly to 0 over all updates.

**Source**: Defazio, Cutkosky, Mehta, Mishchenko: When, Why and How Much? Adaptive Learning Rate Scheduling by
Refinement, 2023, https://arxiv.org/abs/2310.07831, abstract and the worst-case schedule of its theory; the authors'
code, facebookresearch/adaptive_scheduling, find_schedule.py (constant gradient norms give it).

    w <- w - lr (1 - t / T) g        at update t = 0, ..., T - 1

**Differs from the paper**: nothing.

**Shapes**: those of the weights.
"""

import jax

from toybench.methods.learning_rates._schedules import LastIterate, afterwards, eighths, share


class Linear(LastIterate):
    """A rate that falls linearly to 0, the last iterate."""

    space = {"lr": eighths(0.005)}

    def formula(self, done: jax.Array) -> jax.Array:
        return afterwards(done, 1 - share(done, self.spec.length))
