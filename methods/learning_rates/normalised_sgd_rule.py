"""Descent by steps of one length along a batch's gradient: a control that looks at no signs.

**Source**: none, a control; normalised gradient descent as in Hazan, Levy, Shalev-Shwartz, 2015,
https://arxiv.org/abs/1507.02030.

    u = sqrt(d) g / |g|

**Differs from the paper**: 1. sqrt(d) makes its step as long as the sign's.

**Shapes**: gradients [..., d].
"""

import jax
import jax.numpy as jnp

from toybench.methods.learning_rates._rules import Rule

TINY = 1e-30  # keeps the direction of a vanished gradient finite


class NormalisedSGDRule(Rule):
    """The gradient at a fixed length."""

    unit = 0.007  # as the sign's, whose steps have the same length

    def start(self, state: tuple, weights: jax.Array) -> tuple:
        return ()

    def direction(self, state: tuple, gradient: jax.Array, memory: tuple) -> tuple[jax.Array, tuple]:
        length = jnp.sqrt((gradient**2).mean(-1, keepdims=True) + TINY)
        return gradient / length, memory
