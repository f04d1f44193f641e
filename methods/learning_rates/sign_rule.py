"""Descent along the sign of a batch's gradient, which stands for Adam in the theory of the surge.

**Source**: Li, Zhao, Zhang, Sun, Wu and others: Surge Phenomenon in Optimal Learning Rate and Batch Size Scaling, 2024,
https://arxiv.org/abs/2405.14578, equation 5; its law is Theorem 2. Sections 1 to 4 read.

    u = sign(g)

**Differs from the paper**: nothing.

**Shapes**: those of the gradient.
"""

import jax
import jax.numpy as jnp

from toybench.methods.learning_rates._rules import Rule


class SignRule(Rule):
    """The sign of each coordinate."""

    unit = 0.007  # the middle of 1e-4 to 0.5
    paper = "li2024surge"

    def start(self, state: tuple, weights: jax.Array) -> tuple:
        return ()

    def direction(self, state: tuple, gradient: jax.Array, memory: tuple) -> tuple[jax.Array, tuple]:
        return jnp.sign(gradient), memory
