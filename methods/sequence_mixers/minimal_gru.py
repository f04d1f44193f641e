"""Minimal GRU: a recurrence, number by number, whose gates see the token alone.

**Source**: Feng, Tung, Ahmed, Bengio, Hajimirsadeghi: Were RNNs All We Needed?, 2024,
https://arxiv.org/abs/2410.01201, from memory.

    h_i = (1 - z_i) h_{i-1} + z_i (W x_i)        z_i = sigmoid(V x_i + b - start)

**Differs from the paper**: (1) the gate's bias starts at minus `start`, so that more is remembered; (2) it stands in a
block with residuals and an MLP, as every mixer here does.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn

from toybench.blocks.recurrent import Diagonal
from toybench.blocks.streams import MIDDLE_RATES, WIDTH, Mixing

EXPAND = 2  # numbers of the state over the width, so that it has as many weights as a GRU


class MinimalGru(Mixing):
    """A state of 64 numbers without products between them."""

    start: float = 2.0  # how closed the gate is at first, a logit; paper: 0

    space = {"lr": MIDDLE_RATES, "start": (0.0, 2.0)}

    def mixer(self) -> nn.Module:
        return nn.Sequential([Diagonal(width=EXPAND * WIDTH, start=self.start), nn.Dense(WIDTH, use_bias=False)])
