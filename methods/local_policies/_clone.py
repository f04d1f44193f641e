"""How a network is trained on what an expert did, and how it acts.

Shapes: p agents, m demonstrations, 5 actions.
"""

from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp
import optax

from toybench.blocks import nn, optim
from toybench.tasks.local_policies import Demonstrations, Sight

BATCH = 64  # demonstrations a step
ACTIONS = 5
NEAR = 4.0  # what costs to go are divided by: most that they differ by within two cells, without detours
LEAST = 1e-6  # least probability that a draw can have


class State(NamedTuple):
    """Network, and its optimiser."""

    params: Any
    moments: Any


def own_inputs(sight: Sight) -> jax.Array:
    """What an agent sees of the grid and of itself, [p, f]."""
    blocked = sight.blocked.astype(sight.own.dtype)
    return jnp.concatenate([sight.patch / NEAR, blocked, sight.own], axis=-1)


def start(network: linen.Module, given: Demonstrations, key: jax.Array) -> State:
    """Random weights, and Adam's moments 0."""
    one = jax.tree.map(lambda x: jnp.zeros((1, *x.shape[1:]), x.dtype), given.sight)
    params = nn.init(network, key, one)
    return State(params=params, moments=optim.adam(0.0, 1).init(params))


def train(network: linen.Module, state: State, given: Demonstrations, lr: Any, steps: int, key: jax.Array) -> State:
    """One step of Adam, its rate falling to 0, on the cross entropy of the expert's actions."""
    rows = jnp.searchsorted(given.drawn, jax.random.uniform(key, (BATCH,)))
    rows = jnp.minimum(rows, len(given.drawn) - 1)
    sight = jax.tree.map(lambda x: x[rows], given.sight)

    def error(params: Any) -> jax.Array:
        logits = network.apply(params, sight)
        with jax.numpy_dtype_promotion("standard"):
            return optax.softmax_cross_entropy_with_integer_labels(logits, given.action[rows]).mean()

    gradients = jax.grad(error)(state.params)
    params, moments = optim.descend(optim.adam(lr, steps), gradients, state.moments, state.params)
    return State(params=params, moments=moments)


def draw(logits: jax.Array, temperature: Any, key: jax.Array) -> jax.Array:
    """Actions int32 [p] with probabilities in proportion to exp(logits / temperature), by Gumbel noise."""
    uniform = jax.random.uniform(key, logits.shape, minval=LEAST)
    return (logits / temperature - jnp.log(-jnp.log(uniform))).argmax(-1).astype(jnp.int32)
