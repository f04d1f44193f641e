"""Gated recurrent unit in the place of attention.

**Source**: Cho, van Merriënboer, Gulcehre, Bahdanau, Bougares, Schwenk, Bengio: Learning Phrase Representations using
RNN Encoder-Decoder, 2014, https://arxiv.org/abs/1406.1078, from memory.

    r, z = sigmoid(W x + U h)        n = tanh(W x + r (U h))        h <- (1 - z) n + z h

**Differs from the paper**: (1) the reset gate acts after the product with U, as in cuDNN; (2) it stands in a block with
residuals and an MLP, as every mixer here does.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn

from toybench.blocks.recurrent import GRU
from toybench.blocks.streams import RATES, WIDTH, Mixing


class Gru(Mixing):
    """A state of 32 numbers."""

    space = {"lr": RATES}

    def mixer(self) -> nn.Module:
        return GRU(width=WIDTH)
