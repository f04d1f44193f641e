"""Linear attention with the features elu + 1: a state of fixed size to which every token is added.

**Source**: Katharopoulos, Vyas, Pappas, Fleuret: Transformers are RNNs: Fast Autoregressive Transformers with Linear
Attention, 2020, https://arxiv.org/abs/2006.16236, section 3, from memory.

    y_i = S_i phi(q_i) / z_i phi(q_i)        S_i = S_{i-1} + v_i phi(k_i)^T        z_i = z_{i-1} + phi(k_i)

**Differs from the paper**: (1) 10^-6 is added to the divisor; (2) one block of width 32, 16 features a head.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn

from toybench.blocks.mixers import Projected, elu_features, linear_attend
from toybench.blocks.streams import HEADS, RATES, Mixing


class LinearAttention(Mixing):
    """Attention whose weights are products of fixed positive features."""

    space = {"lr": RATES}

    def mixer(self) -> nn.Module:
        return Projected(heads=HEADS, mix=lambda x, q, k, v: linear_attend(elu_features(q), elu_features(k), v))
