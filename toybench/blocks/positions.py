"""Where a token stands, told to attention in four ways.

Shapes: t tokens, d width, h heads, c width of a head.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

BASE = 10_000.0  # longest wavelength over 2 pi, as published for sinusoids and for rotations
STEEPEST = 8.0  # the last head's slope is 2 ** -8, as published


def distances(tokens: int) -> jax.Array:
    """How far before token i token j stands, i - j: float [t, t]."""
    place = jnp.arange(tokens, dtype=jnp.float32)
    return place[:, None] - place[None, :]


def linear_bias(tokens: int, slopes: jax.Array) -> jax.Array:
    """What is added to the logits of attention, - slope (i - j): [h, t, t] for slopes [h]."""
    return -slopes[:, None, None] * distances(tokens)[None]


def published_slopes(heads: int) -> jax.Array:
    """The slopes of the linear bias that its paper takes, 2 ** (-8 i / h) for i = 1 ... h: [h]."""
    return 2.0 ** (-STEEPEST * jnp.arange(1, heads + 1, dtype=jnp.float32) / heads)


def angles(tokens: int, width: int) -> jax.Array:
    """Place times frequency, [t, width / 2]: frequencies fall geometrically from 1 to about 1 / 10,000."""
    frequency = BASE ** (-jnp.arange(0, width, 2, dtype=jnp.float32) / width)
    return jnp.arange(tokens, dtype=jnp.float32)[:, None] * frequency[None]


def sinusoidal(tokens: int, width: int) -> jax.Array:
    """Sines of all frequencies, then cosines, to be added to the tokens: [t, width]."""
    turned = angles(tokens, width)
    return jnp.concatenate([jnp.sin(turned), jnp.cos(turned)], axis=-1)


def rotate(x: jax.Array) -> jax.Array:
    """Queries or keys [..., t, h, c], each pair of numbers (i, i + c / 2) turned by its place times a frequency.

    The product of a rotated query and a rotated key depends on their distance alone.
    """
    tokens, _, width = x.shape[-3:]
    turned = angles(tokens, width)[:, None].reshape((1,) * (x.ndim - 3) + (tokens, 1, width // 2))
    first, second = jnp.split(x, 2, axis=-1)
    cosine = jnp.cos(turned)
    sine = jnp.sin(turned)
    return jnp.concatenate([first * cosine - second * sine, first * sine + second * cosine], axis=-1)


class Learned(nn.Module):
    """A learned vector for each place, to be added to the tokens: [..., t, d] to [..., t, d].

    Attributes:
      longest: how many places there are; later tokens have none, so that a longer sequence is an error.
    """

    longest: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        tokens, width = x.shape[-2:]
        if tokens > self.longest:
            raise ValueError(f"{tokens} tokens have no learned places beyond {self.longest}; make `longest` larger.")
        table = self.param("embedding", nn.initializers.normal(width**-0.5), (self.longest, width))
        return x + table[:tokens].reshape((1,) * (x.ndim - 2) + (tokens, width))
