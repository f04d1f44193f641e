"""A gated recurrent network, trained before deployment and left as it is.

**Source**: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation",
2014, https://arxiv.org/abs/1406.1078 (the cell).

    r, k = sigmoid(W_i I + W_r x + b),   c = tanh(W_i' I + W_r' (r * x) + b'),   x <- k x + (1 - k) c

**Differs from the paper**: 1. forecasts one number from a window.

**Shapes**: b batch, w hours of a window, u units.
"""

from toybench.methods.continual._forecasters import GRU


class GRUStatic(GRU):
    """The control that tells liquid dynamics from recurrence as such."""
