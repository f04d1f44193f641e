"""Texts as token ids: greedy and sampled decoding by reading the whole text anew, and cross-entropy under a mask.

Shapes: t tokens, v symbols; leading axes where "..." stands.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp


def decode(
    score: Callable[[jax.Array], jax.Array],
    tokens: jax.Array,
    start: int,
    noise: jax.Array | None = None,
    temperature: float | jax.Array = 1.0,
    stop: int | None = None,
) -> jax.Array:
    """Fill the places of a text int32 [..., t] from `start` (1 or more) on, from left to right.

    Args:
      score: from a text int32 [..., t] to logits [..., t, v]; those at place i are for the token at i + 1, and read no
        token behind i. What stands behind place i doesn't matter, so a text of one length is read at every step.
      noise: Gumbel noise [..., t - start, v] makes each token a draw at `temperature`; without it the likeliest stands.
      stop: after this symbol all symbols are this one.

    Returns:
      The filled text, int32 [..., t].
    """
    places = tokens.shape[-1]

    def fill(text: jax.Array, place: jax.Array) -> tuple[jax.Array, None]:
        logits = jax.lax.dynamic_index_in_dim(score(text), place - 1, axis=-2, keepdims=False)
        if noise is not None:
            drawn = jax.lax.dynamic_index_in_dim(noise, place - start, axis=-2, keepdims=False)
            logits = logits / temperature + drawn
        symbol = logits.argmax(-1).astype(text.dtype)
        if stop is not None:
            before = jax.lax.dynamic_index_in_dim(text, place - 1, axis=-1, keepdims=False)
            symbol = jnp.where((before == stop) & (place > start), stop, symbol)
        return jax.lax.dynamic_update_index_in_dim(text, symbol, place, axis=-1), None

    return jax.lax.scan(fill, tokens, jnp.arange(start, places))[0]


def token_nll(logits: jax.Array, tokens: jax.Array) -> jax.Array:
    """-log p of each token, [..., t], in nats, under logits [..., t, v] that stand at the token's own place."""
    return -jnp.take_along_axis(jax.nn.log_softmax(logits, axis=-1), tokens[..., None], axis=-1)[..., 0]


def masked_mean(values: jax.Array, mask: jax.Array) -> jax.Array:
    """The mean of `values` where `mask`, of the same shape, isn't 0; 0 where it is 0 everywhere."""
    weights = mask.astype(values.dtype)
    return (values * weights).sum() / jnp.maximum(weights.sum(), 1.0)
