"""Reading a sweep: where on a grid of rates the least loss lies.

Shapes: r rates, equally spaced in the logarithm.
"""

import jax
import jax.numpy as jnp


def best_rate(log_rates: jax.Array, values: jax.Array) -> jax.Array:
    """Where the parabola through the least of the values [r] and its neighbours is least: float []."""
    spacing = log_rates[1] - log_rates[0]
    i = jnp.clip(jnp.argmin(values), 1, len(values) - 2)
    left = values[i - 1] - values[i]
    right = values[i + 1] - values[i]
    bend = left + right
    shift = jnp.where(bend > 0, 0.5 * (left - right) / jnp.where(bend > 0, bend, 1.0), 0.0)
    return log_rates[i] + spacing * jnp.clip(shift, -1.0, 1.0)
