"""A step length from two points and their gradients: the change of the weights over twice that of the gradient."""

import jax
import jax.numpy as jnp


def next_step(eta: jax.Array, theta: jax.Array, moved: jax.Array, changed: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(eta, theta) of the next update: min(sqrt(1 + theta) eta, |dw| / (2 |dg|)), and its ratio to the last.

    Where weights or gradients haven't changed in float32 the step stays.
    """
    known = (moved > 0) & (changed > 0)
    curved = moved / (2 * jnp.where(known, changed, 1.0))
    chosen = jnp.where(known, jnp.minimum(jnp.sqrt(1 + theta) * eta, curved), eta)
    return chosen, chosen / eta
