"""Sequential Monte Carlo: how good weights are, and resampling by them. Shapes: n particles, m draws."""

import jax
import jax.numpy as jnp


def effective_size(log_weights: jax.Array) -> jax.Array:
    """Effective sample size (sum w)^2 / sum w^2 of log-weights [n]: n where they are equal, 1 where one has all."""
    return jnp.exp(2 * jax.nn.logsumexp(log_weights) - jax.nn.logsumexp(2 * log_weights))


def systematic(log_weights: jax.Array, uniform: jax.Array, count: int) -> jax.Array:
    """Indices int32 [m] drawn by weights: a comb of `count` teeth, shifted by a number in [0, 1), over their sum.

    An index comes up as often as its share of the weights times `count`, rounded up or down.
    """
    ends = jnp.cumsum(jax.nn.softmax(log_weights))
    teeth = (jnp.arange(count, dtype=ends.dtype) + uniform) / count * ends[-1]
    found = jnp.searchsorted(ends, teeth, side="right")
    return jnp.minimum(found, log_weights.shape[0] - 1)
