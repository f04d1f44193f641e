"""Polyak's step in the norm of a diagonal preconditioner: the least loss is taken to be 0.

Shapes: those of the task's weights.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.curvature import inner

Weights = Any

TINY = 1e-30  # keeps a vanished gradient from dividing by 0


def polyak_step(
    loss: jax.Array, gradient: Weights, diagonal: Weights, c: jax.Array | float, cap: jax.Array | float
) -> Weights:
    """The step min(f / (c |g|^2_{D^-1}), cap) D^-1 g, which is subtracted; D > 0 is given by its diagonal."""
    scaled = jax.tree.map(jnp.divide, gradient, diagonal)
    length = jnp.minimum(loss / (c * inner(gradient, scaled) + TINY), cap)
    return jax.tree.map(lambda d: length * d, scaled)
