"""Long short-term memory in the place of attention.

**Source**: Hochreiter, Schmidhuber: Long Short-Term Memory, 1997, https://doi.org/10.1162/neco.1997.9.8.1735, with the
forget gate of Gers, Schmidhuber, Cummins, 2000; from memory.

    c <- sigmoid(f) c + sigmoid(i) tanh(g)        h = sigmoid(o) tanh(c)        i, f, g, o = W x + U h + b

**Differs from the paper**: (1) a forget gate, whose bias starts at 1; (2) it stands in a block with residuals and an
MLP, as every mixer here does.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn

from toybench.blocks.recurrent import LSTM
from toybench.blocks.streams import RATES, WIDTH, Mixing


class Lstm(Mixing):
    """A state of 64 numbers."""

    space = {"lr": RATES}

    def mixer(self) -> nn.Module:
        return LSTM(width=WIDTH)
