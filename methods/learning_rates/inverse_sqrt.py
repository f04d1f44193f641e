"""Subgradient descent whose rate falls like 1 / sqrt(t), the schedule of textbooks' convergence proofs.

**Source**: baseline of Defazio, Cutkosky, Mehta, Mishchenko: When, Why and How Much? Adaptive Learning Rate Scheduling
by Refinement, 2023, https://arxiv.org/abs/2310.07831 (experiments; as in Zinkevich, 2003).

    w <- w - lr / sqrt(t) g        at update t = 1, 2, ...

**Differs from the paper**: nothing.

**Shapes**: those of the weights.
"""

import jax
import jax.numpy as jnp

from toybench.methods.learning_rates._schedules import LastIterate, afterwards, eighths


class InverseSqrt(LastIterate):
    """A rate like 1 / sqrt(t), the last iterate."""

    lr: float = 0.3  # base rate, above 0: that of the first update

    space = {"lr": eighths(0.02)}

    def formula(self, done: jax.Array) -> jax.Array:
        return afterwards(done, jnp.maximum(done + 1, 1).astype(jnp.float32) ** -0.5)
