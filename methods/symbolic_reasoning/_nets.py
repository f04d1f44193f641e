"""What all networks share: how symbols are written, the optimiser, and their state.

Shapes: b triples, t symbols, n symbols of the alphabet.
"""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench.blocks import optim
from toybench.blocks.nn import init as initialise

WIDTH = 48  # units of a hidden layer
STATE = 16  # numbers by which a fragment is known to later places: two for each of eight symbols
WARM_UP = 20  # updates in which the rate grows
COOLED = 0.2  # of the updates, the last ones, in which it falls to 0: at a constant rate losses have spikes
MEMORY = 0.98  # of Adam's second moments: full batches have little noise


class State(NamedTuple):
    """Network and optimiser."""

    params: Any
    moments: Any


def adamw(lr: Any, decay: Any, steps: int) -> optax.GradientTransformation:
    """AdamW whose rate grows, stays and falls to 0 after `steps`; weights shrink by rate times `decay` at an update."""

    def rate(count: jax.Array) -> jax.Array:
        grown = count / WARM_UP
        left = (steps - count) / max(COOLED * steps, 1.0)
        return lr * jnp.clip(jnp.minimum(grown, left), 0.0, 1.0)

    return optim.lenient(optax.adamw(rate, b2=MEMORY, weight_decay=decay))


def start(network: nn.Module, key: jax.Array, transform: optax.GradientTransformation, *inputs: jax.Array) -> State:
    """A random network and the optimiser's start."""
    params = initialise(network, key, *inputs)
    return State(params=params, moments=transform.init(params))


def descend(transform: optax.GradientTransformation, gradient: Any, state: State) -> State:
    """One update."""
    params, moments = optim.descend(transform, gradient, state.moments, state.params)
    return State(params=params, moments=moments)


def side_by_side(x: jax.Array, symbols: int) -> jax.Array:
    """One-hot symbols [b, t n] of x [b, t], one after another."""
    return jax.nn.one_hot(x, symbols).reshape(len(x), -1)


def cross_entropy(logits: jax.Array, target: jax.Array) -> jax.Array:
    """Mean negative log-likelihood of targets [b]."""
    return optax.softmax_cross_entropy_with_integer_labels(logits, target).mean()
