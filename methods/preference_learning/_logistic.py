"""A table g(s, a) fitted to preferences by logistic regression on its sums over segments.

Shapes: S states, A actions, n pairs.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench.blocks import optim
from toybench.tasks.preference_learning import Preferences, Spec

RATE = 2.0  # of Adam, as in the authors' script (LR)


class State(NamedTuple):
    """The table [S, A], and the optimiser's state."""

    params: jax.Array
    adam: optax.OptState


def begin(spec: Spec, lr: float | jax.Array) -> State:
    """A table of zeros."""
    zeros = jnp.zeros((spec.states, spec.actions))
    return State(params=zeros, adam=optim.adam(lr).init(zeros))


def preference_loss(worth: jax.Array, given: Preferences) -> jax.Array:
    """Mean cross-entropy of the labels under sigmoid(sum of worth [S, A] over the first segment - over the second)."""
    logits = given.visits.reshape(len(given.label), -1) @ worth.reshape(-1)
    return (jax.nn.softplus(logits) - given.label * logits).mean()


def fit(
    state: State, given: Preferences, lr: float | jax.Array, worth: Callable[[jax.Array], jax.Array] = lambda g: g
) -> State:
    """A step of Adam on all pairs; `worth` [S, A] is made of the table."""
    gradient = jax.grad(lambda g: preference_loss(worth(g), given))(state.params)
    params, adam = optim.descend(optim.adam(lr), gradient, state.adam, state.params)
    return State(params=params, adam=adam)


def among_best(q: jax.Array) -> jax.Array:
    """The policy [S, A] that is uniform over the actions of the highest value."""
    best = (q >= q.max(-1, keepdims=True)).astype(q.dtype)
    return best / best.sum(-1, keepdims=True)
