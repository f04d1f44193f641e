"""A network for each task: interface, shapes, and what is published before the first task.

Shapes: b batch, d inputs, h hidden units, c classes, k codewords, s length of a segment.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax

CODEWORDS, SEGMENT = 64, 8  # k and s


class TaskScores(Protocol):
    """What a learner answers who is told the task."""

    def task_scores(self, state: Any, x: jax.Array, task: jax.Array) -> jax.Array:
        """Scores [b, c] of inputs [b, d] under task int32 []."""

    def stored_bits(self, state: Any) -> float:
        """Bits that must be kept after the last task, what was published included where it is needed."""


@dataclass(frozen=True)
class NetSpec:
    """Sizes of the network that each task may use, and the number of tasks."""

    inputs: int
    hidden: int
    classes: int
    phases: int

    @property
    def weights(self) -> int:
        """Weights of the two hidden layers."""
        return (self.inputs + self.hidden) * self.hidden

    @property
    def rest(self) -> int:
        """Biases, and the head with its own."""
        return 2 * self.hidden + (self.hidden + 1) * self.classes

    @property
    def bits(self) -> int:
        """Of a network for each task."""
        return 32 * self.phases * (self.weights + self.rest)


class Net(NamedTuple):
    """Two hidden layers w1 [d, h], b1 [h], w2 [h, h], b2 [h], and head [h, c], bias [c]."""

    w1: jax.Array
    b1: jax.Array
    w2: jax.Array
    b2: jax.Array
    head: jax.Array
    bias: jax.Array


class Published(NamedTuple):
    """A network trained on a task outside the stream, and pools [k, s] of weight segments for its hidden layers."""

    net: Net
    pool1: jax.Array
    pool2: jax.Array


def run_net(net: Net, x: jax.Array) -> jax.Array:
    """Logits [b, c] of inputs [b, d]."""
    a = jax.nn.relu(x @ net.w1 + net.b1[None, :])
    return jax.nn.relu(a @ net.w2 + net.b2[None, :]) @ net.head + net.bias[None, :]
