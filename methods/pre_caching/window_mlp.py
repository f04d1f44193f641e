"""Layers on the last few tokens at once: all work is done at the token that asks.

**Source**: none; a reference: it is told how many tokens matter and in which order they come.

    y_t = MLP(x_{t-w+1}, ..., x_t)

**Differs from the paper**: nothing.

**Shapes**: b streams, t tokens, n features of a token, w tokens of a window, d width.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.methods.pre_caching._network import RATES, Trained

WIDE = 64  # of its two layers: it has a bit more than a quarter of the transformer's weights


class Window(nn.Module):
    """Tokens [b, t, n] to (outputs [b, t, c], first layer [b, t, d])."""

    window: int
    out: int

    @nn.compact
    def __call__(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        tokens = x.shape[1]
        padded = jnp.pad(x, ((0, 0), (self.window - 1, 0), (0, 0)))
        seen = jnp.concatenate([padded[:, i : i + tokens] for i in range(self.window)], axis=-1)
        first = nn.gelu(nn.Dense(WIDE)(seen))
        return nn.Dense(self.out)(nn.gelu(nn.Dense(WIDE)(first))), first


class WindowMlp(Trained):
    """It needs no attention."""

    space = {"lr": RATES}

    def network(self) -> nn.Module:
        return Window(window=self.spec.window, out=self.spec.outputs)
