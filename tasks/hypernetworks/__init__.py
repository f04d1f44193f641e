"""Generate the weights of a network from a few numbers, so that one training covers a family of functions.

A learner answers three questions. `respond`: the main network's outputs for given hyperparameters and inputs.
`first_weights`: the weights that it generated before its first step. `history`: how its training went.

Shapes: b hyperparameter vectors, m points for each, w weights of a main network.
"""

import itertools
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

KNOBS = 2  # numbers that a network is generated from
WIDTHS = (1, 16, 16, 1)  # of the main network: 321 weights
SLOPE = 0.01  # of the leaky relu below 0; PyTorch's default


@dataclass(frozen=True)
class Spec:
    """Which optimiser all methods use, and which updates count as early: from the first to before the last."""

    optimizer: str
    early: tuple[int, int]


class Points(NamedTuple):
    """Hyperparameters gamma [b, 2], inputs x [b, m] and outputs y [b, m]."""

    gamma: jax.Array
    x: jax.Array
    y: jax.Array


class History(NamedTuple):
    """Mean loss of the early updates, and mean and standard deviation of the gradient's norm over all: float []."""

    early_loss: jax.Array
    norm_mean: jax.Array
    norm_std: jax.Array


class Hypernetwork(Protocol):
    """A family of networks."""

    def respond(self, state: Any, gamma: jax.Array, x: jax.Array) -> jax.Array:
        """Outputs [b, m] at inputs [b, m] of the networks of gamma [b, 2]."""

    def first_weights(self, state: Any, gamma: jax.Array) -> jax.Array:
        """Weights [b, w] of the networks of gamma [b, 2] before the first step."""

    def history(self, state: Any) -> History:
        """How training went."""


def main_network(weights: jax.Array, x: jax.Array) -> jax.Array:
    """Outputs [b, m] at x [b, m] of leaky relu networks whose kernels and biases lie in `weights` [b, w]."""
    h = x[:, :, None]
    start = 0
    for i, (before, after) in enumerate(itertools.pairwise(WIDTHS)):
        middle = start + before * after
        kernel = weights[:, start:middle].reshape(-1, before, after)
        bias = weights[:, middle : middle + after][:, None]
        h = h @ kernel + bias
        h = h if i == len(WIDTHS) - 2 else jax.nn.leaky_relu(h, SLOPE)
        start = middle + after
    return h[:, :, 0]


def count_weights() -> int:
    """How many weights a main network has."""
    return sum(before * after + after for before, after in itertools.pairwise(WIDTHS))


def kernel_std() -> jax.Array:
    """He's standard deviation of the kernel that each weight of a main network belongs or leads to: [w]."""
    gain = (2 / (1 + SLOPE**2)) ** 0.5
    layers = itertools.pairwise(WIDTHS)
    return jnp.concatenate([jnp.full(before * after + after, gain * before**-0.5) for before, after in layers])


def is_kernel() -> jax.Array:
    """1 for the weights of a main network that lie in kernels, 0 for biases: [w]."""
    parts = []
    for before, after in itertools.pairwise(WIDTHS):
        parts += [jnp.ones(before * after), jnp.zeros(after)]
    return jnp.concatenate(parts)
