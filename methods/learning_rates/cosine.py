"""Subgradient descent whose rate falls along half a cosine, the usual default.

**Source**: Loshchilov, Hutter: SGDR, 2017, https://arxiv.org/abs/1608.03983, without restarts; baseline of both papers
on schedules, as in fabian-sp/lr-scheduling, src/scheduled/schedules/cosine.py.

    w <- w - lr (1 + cos(pi t / T)) / 2 g        at update t = 0, ..., T - 1

**Differs from the paper**: 1. falls to 0 one update after the last, not at it.

**Shapes**: those of the weights.
"""

import jax
import jax.numpy as jnp

from toybench.methods.learning_rates._schedules import LastIterate, afterwards, eighths, share


class Cosine(LastIterate):
    """A rate that falls along half a cosine, the last iterate."""

    space = {"lr": eighths(0.005)}

    def formula(self, done: jax.Array) -> jax.Array:
        part = share(done, self.spec.length)
        return afterwards(done, 0.5 + 0.5 * jnp.cos(jnp.pi * part))
