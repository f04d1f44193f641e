"""Self-referential weight matrix: it makes its own keys, queries and rates, and rewrites all of itself by them.

**Source**: Irie, Schlag, Csordás, Schmidhuber: A Modern Self-Referential Weight Matrix That Learns to Modify Itself,
2022, https://arxiv.org/abs/2202.05780; abstract, and the authors' code, IDSIA/modern-srwm,
`supervised_learning/layer.py` (`SRWMlayer`) and `self_ref_v0` at 01e6cfd.

    y, q, k, b = W_{i-1} x_i        W_i = W_{i-1} + sigmoid(b) (W_{i-1} phi(q) - W_{i-1} phi(k)) phi(k)^T

phi is a softmax; b has four numbers, one for each block of rows of W. W_0 is trained.

**Differs from the paper**: (1) the rates' starting bias is added to b; the authors add it to the weights that make b;
(2) the residual is of the token, not of its norm; (3) no convolutions before it; (4) one block of width 32.

**Shapes**: b streams, t tokens, h heads, c width of a head, r = 3 c + 4 rows of W.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.recurrent import over_tokens
from toybench.blocks.streams import HEADS, MIDDLE_RATES, Mixing

RATES_OF_BLOCKS = 4  # one each for the rows of y, q, k and b


class SelfReferential(nn.Module):
    """[b, t, d] to [b, t, d]; `start` is the bias of its rates."""

    heads: int
    start: float | jax.Array

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        *batch, tokens, d = x.shape
        c = d // self.heads
        rows = 3 * c + RATES_OF_BLOCKS
        flat = self.param("kernel", nn.initializers.lecun_normal(), (c, self.heads * rows))
        weights = flat.reshape(c, self.heads, rows).transpose(1, 2, 0)
        weights = jnp.broadcast_to(weights.reshape((1,) * len(batch) + weights.shape), (*batch, *weights.shape))

        def step(w: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
            w, y = rewrite(w, now.reshape(*now.shape[:-1], self.heads, c), self.start)
            return w, y.reshape(now.shape)

        return nn.Dense(d, use_bias=False)(over_tokens(step, weights, x))


class Srwm(Mixing):
    """A network that reprograms itself while it runs."""

    start: float = 0.0  # first bias of the rates, a logit; authors: 0 in their scripts, -1 in the layer

    paper = "irie2022modern"
    space = {"lr": MIDDLE_RATES, "start": (0.0, 2.0)}

    def mixer(self) -> nn.Module:
        return SelfReferential(heads=HEADS, start=self.start)


def rewrite(w: jax.Array, x: jax.Array, start: float | jax.Array) -> tuple[jax.Array, jax.Array]:
    """(W after, y [..., h, c]) for W [..., h, r, c] and a token x [..., h, c]."""
    c = x.shape[-1]
    y, q, k, b = jnp.split(times(w, x), (c, 2 * c, 3 * c), axis=-1)
    key = jax.nn.softmax(k, axis=-1)
    wanted = times(w, jax.nn.softmax(q, axis=-1))
    change = wanted - times(w, key)
    rates = [jax.nn.sigmoid(b[..., i : i + 1] + start) for i in range(RATES_OF_BLOCKS)]
    parts = jnp.split(change, (c, 2 * c, 3 * c), axis=-1)
    written = jnp.concatenate([rate * part for rate, part in zip(rates, parts, strict=True)], axis=-1)
    return w + written[..., None] * key[..., None, :], y


def times(w: jax.Array, x: jax.Array) -> jax.Array:
    """W x of each head: [..., h, r]."""
    return jnp.einsum("...hrc,...hc->...hr", w, x)
