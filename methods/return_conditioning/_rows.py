"""What methods share whose network reads one row of an episode at a time."""

from typing import Any, NamedTuple

import optax

from toybench.blocks import nn
from toybench.tasks.return_conditioning import WIDTH

RATES = (0.001, 0.003, 0.01, 0.03)


class State(NamedTuple):
    """Parameters of a network, and the optimiser's state."""

    params: Any
    adam: optax.OptState


def row_network(outputs: int) -> nn.MLP:
    """Two hidden layers."""
    return nn.MLP(widths=(WIDTH, WIDTH, outputs))
