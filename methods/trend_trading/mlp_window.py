"""A trader that sees the same window of returns, without a convolution.

**Source**: none; the control for Montazeri et al., "CNN-DRL for Scalable Actions in Finance", 2024,
https://arxiv.org/abs/2401.06179 (abstract): all that its agent sees, in one dense layer.

    body = tanh(V [all returns, held] + c)

**Differs from the paper**: 1. the paper has no such rival. 2. 14 hidden units; about 5,200 weights with the critic's.

**Shapes**: w days of the window, k assets.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.methods.trend_trading._ppo import Agent

HIDDEN = 14


class Flat(nn.Module):
    """One layer over all returns of the window and what is held."""

    @nn.compact
    def __call__(self, window: jax.Array, held: jax.Array) -> jax.Array:
        flat = window.reshape(*window.shape[:-2], -1)
        return nn.tanh(nn.Dense(HIDDEN)(jnp.concatenate([flat, held], axis=-1)))


class MLPWindow(Agent):
    """Sees the window as one long vector."""

    paper = None  # type: ignore[assignment]  # a control of ours

    def body(self) -> type[nn.Module]:
        return Flat
