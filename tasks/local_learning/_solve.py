"""A feed-forward computation read as a triangular system of equations.

State t is a function of the states before it, s_t = f_t(s_0 ... s_{t-1}); all together, s = F(s) with a strictly
triangular F. A round replaces an iterate by a better one; after t rounds of s <- F(s) the first t states are exact.
Shapes: t states, n numbers a state, h hidden units.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

STATES = 128  # t, and the rounds of a trial: after that many, s <- F(s) is exact whatever F is


class Rounds(NamedTuple):
    """A world: the equations, their solution [t, n], rounds before the tolerance was met, and whether it was."""

    equations: Any
    exact: jax.Array
    rounds: jax.Array
    met: jax.Array


class Recurrence(NamedTuple):
    """s_t = tanh(s_{t-1} W + x_t): weights [n, n], drive [t, n], and zeros before the first state."""

    weights: jax.Array
    drive: jax.Array

    def __call__(self, s: jax.Array) -> jax.Array:
        return self.step(jnp.concatenate([jnp.zeros_like(s[:1]), s[:-1]]), self.drive)

    def step(self, before: jax.Array, drive: jax.Array) -> jax.Array:
        """States from those just before them, [..., n]."""
        return jnp.tanh(before @ self.weights + drive)


class SkipConnections(NamedTuple):
    """s_t = tanh(sum_{r < t} s_r W_rt + x_t): every layer sees all earlier ones; weights [t n, t n], drive [t, n]."""

    weights: jax.Array
    drive: jax.Array

    def __call__(self, s: jax.Array) -> jax.Array:
        return jnp.tanh((s.reshape(-1) @ self.weights).reshape(s.shape) + self.drive)


class MaskedSampler(NamedTuple):
    """s_t = 1 where the frozen uniform u_t is below sigmoid(l_t), else 0: bits drawn from a masked autoencoder.

    l = tanh((2 s - 1) A) B; hidden unit j sees the bits up to its degree only, and is seen by those after it.
    encoder A [t, h], decoder B [h, t], logit of u: threshold [t].
    """

    encoder: jax.Array
    decoder: jax.Array
    threshold: jax.Array

    def __call__(self, s: jax.Array) -> jax.Array:
        logits = jnp.tanh((2 * s[:, 0] - 1) @ self.encoder) @ self.decoder
        return (self.threshold < logits).astype(s.dtype)[:, None]


def recurrence(key: jax.Array, gain: Any, width: int, drive: Any) -> Recurrence:
    """Weights N(0, gain^2 / n), inputs N(0, drive^2)."""
    flat = jax.random.normal(key, ((width + STATES) * width,)).reshape(-1, width)
    return Recurrence(weights=flat[:width] * gain / width**0.5, drive=flat[width:] * drive)


def skip_connections(key: jax.Array, gain: Any, width: int, drive: Any) -> SkipConnections:
    """Weights N(0, gain^2 / fan-in), inputs N(0, drive^2)."""
    flat = jax.random.normal(key, ((STATES * width + 1) * STATES * width,)).reshape(-1, STATES * width)
    layer = jnp.arange(STATES * width) // width
    seen = (layer[:, None] < layer[None, :]).astype(flat.dtype)
    fan_in = width * jnp.maximum(1, layer).astype(flat.dtype)
    weights = flat[1:] * seen * gain / fan_in[None, :] ** 0.5
    return SkipConnections(weights=weights, drive=flat[0].reshape(STATES, width) * drive)


def masked_sampler(key: jax.Array, gain: Any, hidden: int = STATES) -> MaskedSampler:
    """Logits of standard deviation `gain` or less, uniforms frozen."""
    flat = jax.random.normal(key, ((2 * hidden + 1) * STATES,))
    cut = hidden * STATES
    bit = jnp.arange(STATES)
    degree = jnp.arange(hidden) * (STATES - 1) // hidden
    sees = (bit[:, None] <= degree[None, :]).astype(flat.dtype)  # [t, h]
    shows = (degree[:, None] < bit[None, :]).astype(flat.dtype)  # [h, t]
    encoder = flat[:cut].reshape(sees.shape) * sees / sees.sum(0)[None, :] ** 0.5
    decoder = flat[cut : 2 * cut].reshape(shows.shape) * shows / jnp.maximum(1.0, shows.sum(0))[None, :] ** 0.5
    uniform = jax.scipy.stats.norm.cdf(flat[2 * cut :])
    threshold = jnp.log(uniform) - jnp.log1p(-uniform)
    return MaskedSampler(encoder=encoder, decoder=gain * decoder, threshold=threshold)


def relative_error(s: jax.Array, exact: jax.Array) -> jax.Array:
    """|s - exact| / |exact|, both [t, n]; a bit string of zeros counts as one of length 1."""
    return jnp.linalg.norm(s - exact) / jnp.maximum(jnp.linalg.norm(exact), 1e-6)
