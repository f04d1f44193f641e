"""Causal token mixers: how what earlier tokens held reaches a later one.

Functions are the mixing itself, of queries, keys and values that are already split in heads; all but the delta rule are
computed for all tokens at once, and equal a recurrence. Modules are whole mixers with their own maps, [..., t, d] to
[..., t, d], and `Stack` is a network of them. Recurrent mixers lie in `recurrent`, positions in `positions`.

Shapes: ... batch, t tokens, d width, h heads, c width of a head.
"""

from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks import positions
from toybench.blocks.attention import Norm

BLOCKED = -1e9  # a logit that exp turns into 0; minus infinity would make NaN gradients
TINY = 1e-6  # added to a sum of positive weights before dividing by it

Mix = Callable[[jax.Array, jax.Array, jax.Array, jax.Array], jax.Array]


def log_decay(log_forget: jax.Array) -> jax.Array:
    """Logarithm of what is left at token i of what token j wrote: [..., h, t, t] for log f, [..., t, h].

    It is log f_{j+1} + ... + log f_i, 0 for j = i, and `BLOCKED` where j comes after i.
    """
    total = jnp.cumsum(jnp.moveaxis(log_forget, -1, -2), axis=-1)
    left = total[..., :, None] - total[..., None, :]
    return jnp.where(_causal(left), left, BLOCKED)


def attend(q: jax.Array, k: jax.Array, v: jax.Array, bias: jax.Array | None = None) -> jax.Array:
    """Softmax attention, weights exp(q_i k_j / sqrt(c) + bias_ij); a bias is [h, t, t] or [..., h, t, t]."""
    logits = _products(q, k) / q.shape[-1] ** 0.5
    if bias is not None:
        logits = logits + bias.reshape((1,) * (logits.ndim - bias.ndim) + bias.shape)
    weights = jax.nn.softmax(jnp.where(_causal(logits), logits, BLOCKED), axis=-1)
    return jnp.einsum("...hij,...jhc->...ihc", weights, v)


def linear_attend(q: jax.Array, k: jax.Array, v: jax.Array, decay: jax.Array | None = None) -> jax.Array:
    """Attention with weights q_i k_j of positive features: S q / z q, of S <- f S + v k^T and z <- f z + k.

    Args:
      decay: `log_decay` of the gates f; nothing is forgotten without it.
    """
    weights = _products(q, k)
    weights = jnp.where(_causal(weights), weights, 0.0) if decay is None else weights * jnp.exp(decay)
    weights = weights / (weights.sum(-1, keepdims=True) + TINY)
    return jnp.einsum("...hij,...jhc->...ihc", weights, v)


def delta_attend(
    q: jax.Array, k: jax.Array, v: jax.Array, rate: jax.Array, forget: jax.Array | None = None
) -> jax.Array:
    """The delta rule: S <- f S, then S <- S + rate (v - S k) k^T, read as S q.

    It is a scan. Written as a triangular system, all tokens at once, it needs LAPACK inside the training loop, where
    calls of several threads have been seen to wait for each other for ever.

    Args:
      rate: how much of the error is corrected, [..., t, h].
      forget: gates f, [..., t, h]; nothing is forgotten without them.
    """
    left = jnp.ones_like(rate) if forget is None else forget

    def step(state: jax.Array, now: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
        query, key, value, share, kept = now
        state = kept[..., None, None] * state
        error = value - jnp.einsum("...vk,...k->...v", state, key)
        state = state + (share[..., None] * error)[..., None] * key[..., None, :]
        return state, jnp.einsum("...vk,...k->...v", state, query)

    start = jnp.zeros((*q.shape[:-3], q.shape[-2], v.shape[-1], k.shape[-1]), v.dtype)
    axes = (-3, -3, -3, -2, -2)  # of the tokens
    moved = tuple(jnp.moveaxis(x, axis, 0) for x, axis in zip((q, k, v, rate, left), axes, strict=True))
    _, read = jax.lax.scan(step, start, moved)
    return jnp.moveaxis(read, 0, -3)


def elu_features(x: jax.Array) -> jax.Array:
    """elu(x) + 1, the positive features of the linear transformer."""
    return nn.elu(x) + 1


def positive_features(x: jax.Array, directions: jax.Array) -> jax.Array:
    """exp(w x - |x|^2 / 2) / sqrt(m) for directions w [m, c]: [..., m], whose mean product is exp(x y)."""
    half = (x**2).sum(-1, keepdims=True) / 2
    return jnp.exp(jnp.einsum("...c,mc->...m", x, directions) - half) / len(directions) ** 0.5


def orthogonal_directions(normal: jax.Array) -> jax.Array:
    """Standard normal vectors [m, c] made orthogonal within each block of c, their lengths kept: [m, c]."""
    m, c = normal.shape
    blocks = [_orthonormal(normal[start : start + c]) for start in range(0, m, c)]
    return jnp.concatenate(blocks) * jnp.linalg.norm(normal, axis=-1, keepdims=True)


def unit(x: jax.Array) -> jax.Array:
    """Vectors [..., c] at length 1."""
    return x * jax.lax.rsqrt((x**2).sum(-1, keepdims=True) + TINY)


class Projected(nn.Module):
    """A mixer of heads between linear maps: queries, keys and values from the tokens, one map of what comes out.

    Attributes:
      mix: tokens [..., t, d] and their q, k, v [..., t, h, c] to [..., t, h, c]; it may make modules of its own.
    """

    heads: int
    mix: Mix

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        d = x.shape[-1]
        q, k, v = jnp.split(nn.Dense(3 * d, use_bias=False)(x).reshape(*x.shape[:-1], self.heads, -1), 3, axis=-1)
        return nn.Dense(d, use_bias=False)(self.mix(x, q, k, v).reshape(x.shape))


class Gate(nn.Module):
    """Logarithm of a sigmoid gate of each head, from the tokens: [..., t, d] to [..., t, h].

    Attributes:
      start: the gate's bias before training; at 4 it is 0.98.
    """

    heads: int
    start: float | jax.Array = 0.0

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.log_sigmoid(nn.Dense(self.heads)(x) + self.start)


class Slopes(nn.Module):
    """A learned slope of each head for the linear bias, above 0: `start` times the published ones at first; [h]."""

    heads: int
    start: float | jax.Array = 1.0

    @nn.compact
    def __call__(self) -> jax.Array:
        raised = self.param("bias", nn.initializers.zeros, (self.heads,))
        return self.start * positions.published_slopes(self.heads) * jnp.exp(raised)


class Stack(nn.Module):
    """Token features [..., t, n] to outputs [..., t, out]: embed, `layers` blocks of mixer and MLP, norm, read out.

    Attributes:
      mixer: makes a mixer, a module of [..., t, width] to [..., t, width]; called once a block.
    """

    mixer: Callable[[], nn.Module]
    width: int
    layers: int
    out: int
    expand: int = 2

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = nn.Dense(self.width)(x)
        for _ in range(self.layers):
            x = x + self.mixer()(Norm()(x))
            x = x + nn.Dense(self.width)(nn.gelu(nn.Dense(self.expand * self.width)(Norm()(x))))
        return nn.Dense(self.out)(Norm()(x))


def _orthonormal(rows: jax.Array) -> jax.Array:
    """Rows made orthonormal one after another, by Gram and Schmidt; each is cleared of the others twice, for rounding.

    Without LAPACK, so that it may stand in a training loop.
    """

    def settle(i: jax.Array, made: jax.Array) -> jax.Array:
        before = jnp.where((jnp.arange(len(made)) < i)[:, None], made, 0.0)
        row = made[i]
        for _ in range(2):
            row = row - before.T @ (before @ row)
        return made.at[i].set(row / jnp.linalg.norm(row))

    return jax.lax.fori_loop(0, len(rows), settle, rows)


def _products(q: jax.Array, k: jax.Array) -> jax.Array:
    """Product of each query with each key: [..., h, t, t]."""
    return jnp.einsum("...ihc,...jhc->...hij", q, k)


def _causal(square: jax.Array) -> jax.Array:
    """bool of the same number of axes as [..., t, t]: the second index is not after the first."""
    tokens = square.shape[-1]
    return jnp.tril(jnp.ones((tokens, tokens), bool)).reshape((1,) * (square.ndim - 2) + (tokens, tokens))
