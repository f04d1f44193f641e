"""Softmax attention without positions: the order of tokens is seen through the causal mask alone.

**Source**: Kazemnejad, Padhi, Natesan Ramamurthy, Das, Reddy: The Impact of Positional Encoding on Length
Generalization in Transformers, 2023, https://arxiv.org/abs/2305.19466, from memory.

    y_i = sum_{j <= i} softmax_j(q_i k_j / sqrt(c)) v_j

**Differs from the paper**: (1) one block of width 32.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn

from toybench.blocks.mixers import Projected, attend
from toybench.blocks.streams import HEADS, RATES, Mixing


class SoftmaxNope(Mixing):
    """Attention by content alone."""

    space = {"lr": RATES}

    def mixer(self) -> nn.Module:
        return Projected(heads=HEADS, mix=lambda x, q, k, v: attend(q, k, v))
