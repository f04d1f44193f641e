"""Softmax attention with rotary positions: queries and keys are turned by their place.

**Source**: Su, Lu, Pan, Murtadha, Wen, Liu: RoFormer: Enhanced Transformer with Rotary Position Embedding, 2021,
https://arxiv.org/abs/2104.09864, section 3, from memory.

    y_i = sum_{j <= i} softmax_j((R_i q_i) (R_j k_j) / sqrt(c)) v_j        R_i turns pairs of numbers by i 10000^(-2p/c)

**Differs from the paper**: (1) one block of width 32.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn

from toybench.blocks.mixers import Projected, attend
from toybench.blocks.positions import rotate
from toybench.blocks.streams import HEADS, RATES, Mixing


class SoftmaxRope(Mixing):
    """Attention by content and distance."""

    space = {"lr": RATES}

    def mixer(self) -> nn.Module:
        return Projected(heads=HEADS, mix=lambda x, q, k, v: attend(rotate(q), rotate(k), v))
