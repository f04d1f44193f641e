"""Softmax attention with a linear bias: what is further away weighs less, at a fixed rate of each head.

**Source**: Press, Smith, Lewis: Train Short, Test Long: Attention with Linear Biases Enables Input Length
Extrapolation, 2022, https://arxiv.org/abs/2108.12409, section 3, from memory.

    y_i = sum_{j <= i} softmax_j(q_i k_j / sqrt(c) - m_h (i - j)) v_j

**Differs from the paper**: (1) slopes are learned, from `start` times the published 2^(-8 h / heads): with two heads
those are 1/16 and 1/256 only, and a fixed one would lose for its value alone; (2) one block of width 32.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn
import jax

from toybench.blocks.mixers import Projected, Slopes, attend
from toybench.blocks.positions import linear_bias
from toybench.blocks.streams import HEADS, RATES, Mixing


class SoftmaxAlibi(Mixing):
    """Attention by content, and by a decay that doesn't see the content."""

    start: float = 1.0  # first slopes over the published ones, above 0; paper: 1, fixed

    space = {"lr": RATES[1:4], "start": (20.0, 60.0)}

    def mixer(self) -> nn.Module:
        def mix(x: jax.Array, q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
            slopes = Slopes(heads=HEADS, start=self.start)()
            return attend(q, k, v, bias=linear_bias(x.shape[-2], slopes))

        return Projected(heads=HEADS, mix=mix)
