"""Exact score: nothing is added.

**Source**: Song, Sohl-Dickstein, Kingma, Kumar, Ermon and Poole, "Score-Based Generative Modeling through Stochastic
Differential Equations", ICLR 2021, https://arxiv.org/abs/2011.13456, equation 13.

    dx = (alpha' / alpha) (x + grad log p_t(x)) dt

**Differs from the paper**: nothing.

**Shapes**: n points, d coordinates.
"""

import jax
import jax.numpy as jnp

from toybench import Method


class ExactScore(Method):
    """The conservative field."""

    deterministic = True

    def extra(self, state: tuple, score: jax.Array) -> jax.Array:
        return jnp.zeros_like(score)
