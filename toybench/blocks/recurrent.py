"""Recurrent cells over a sequence: GRU, LSTM, and a diagonal one whose gates don't see the state.

Each is a causal flax.linen module, [..., t, d] to [..., t, width]. What depends on the input alone is computed for all
tokens at once; the first two are then scanned, the diagonal one is an associative scan.

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


def linear_recurrence(keep: jax.Array, write: jax.Array) -> jax.Array:
    """h_t = keep_t h_{t-1} + write_t from h_0 = 0, number by number, for all tokens at once: [..., t, w]."""

    def join(early: tuple[jax.Array, jax.Array], late: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        return early[0] * late[0], late[0] * early[1] + late[1]

    return jax.lax.associative_scan(join, (keep, write), axis=keep.ndim - 2)[1]


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


class Diagonal(nn.Module):
    """Minimal GRU: its gates see the input alone, so that all tokens are computed at once.

    h_t = (1 - z_t) h_{t-1} + z_t (W x_t),  z_t = sigmoid(V x_t + b - start)

    Attributes:
      start: how closed the gate is before training; larger remembers longer.
    """

    width: int
    start: float | jax.Array = 0.0

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        value = nn.Dense(self.width, use_bias=False, name="value")(x)
        gate = nn.sigmoid(nn.Dense(self.width, name="gate")(x) - self.start)
        return linear_recurrence(1 - gate, gate * value)


def _affine(h: jax.Array, kernel: jax.Array, bias: jax.Array) -> jax.Array:
    """h W + b for states [..., w]."""
    return h @ kernel + bias.reshape((1,) * (h.ndim - 1) + bias.shape)
