"""Recurrent cells over a sequence: GRU and LSTM.

Each is a causal flax.linen module, [..., t, d] to [..., t, width]. What depends on the input alone is computed for all
tokens at once, and the rest is scanned.

Shapes: ... batch, t tokens, d features, w width.
"""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

FORGET_BIAS = 1.0  # an LSTM's forget gate starts open, as is usual since Jozefowicz et al. 2015


def over_tokens(step: Callable[[Any, jax.Array], tuple[Any, jax.Array]], carry: Any, inputs: jax.Array) -> jax.Array:
    """What a step (carry, input [..., n]) -> (carry, output) gives at each token of [..., t, n]: [..., t, w]."""
    _, outputs = jax.lax.scan(step, carry, jnp.moveaxis(inputs, -2, 0))
    return jnp.moveaxis(outputs, 0, -2)


class GRU(nn.Module):
    """Gated recurrent unit; the reset gate acts on the state's product, as in cuDNN and flax.

    r, z = sigmoid(W x + a + U h + b),  n = tanh(W x + a + r (U h + b)),  h <- (1 - z) n + z h
    """

    width: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        w = self.width
        kernel = self.param("kernel", nn.initializers.lecun_normal(), (w, 3 * w))
        bias = self.param("bias", nn.initializers.zeros, (3 * w,))

        def step(h: jax.Array, given: jax.Array) -> tuple[jax.Array, jax.Array]:
            asked = _affine(h, kernel, bias)
            gates = nn.sigmoid(given[..., : 2 * w] + asked[..., : 2 * w])
            reset = gates[..., :w]
            stay = gates[..., w:]
            new = nn.tanh(given[..., 2 * w :] + reset * asked[..., 2 * w :])
            h = (1 - stay) * new + stay * h
            return h, h

        inputs = nn.Dense(3 * w)(x)
        return over_tokens(step, jnp.zeros((*x.shape[:-2], w), x.dtype), inputs)


class LSTM(nn.Module):
    """Long short-term memory: c <- f c + i g,  h = o tanh(c), with i, f, o sigmoids and g tanh of W x + U h + b."""

    width: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        w = self.width
        kernel = self.param("kernel", nn.initializers.lecun_normal(), (w, 4 * w))
        bias = self.param("bias", nn.initializers.zeros, (4 * w,))

        def step(carry: tuple[jax.Array, jax.Array], given: jax.Array) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
            cell, h = carry
            i, f, g, o = jnp.split(given + _affine(h, kernel, bias), 4, axis=-1)
            cell = nn.sigmoid(f + FORGET_BIAS) * cell + nn.sigmoid(i) * nn.tanh(g)
            h = nn.sigmoid(o) * nn.tanh(cell)
            return (cell, h), h

        start = jnp.zeros((*x.shape[:-2], w), x.dtype)
        return over_tokens(step, (start, start), nn.Dense(4 * w, use_bias=False)(x))


def _affine(h: jax.Array, kernel: jax.Array, bias: jax.Array) -> jax.Array:
    """h W + b for states [..., w]."""
    return h @ kernel + bias.reshape((1,) * (h.ndim - 1) + bias.shape)
