"""What forecasts by tables share: moves of the batch, the contrast of a table's logits, and the step of Adam.

Shapes: b examples, S states, A actions, n pieces, L moves of a piece.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench.blocks import optim
from toybench.blocks.random import uniforms
from toybench.tasks.goal_reaching import Pieces, Spec, whole_numbers

RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)  # learning rates of every table


class Table(NamedTuple):
    """A table [S, A, S], a slow copy of it, and the optimiser's state."""

    params: jax.Array
    target: jax.Array
    adam: optax.OptState


class Moves(NamedTuple):
    """Two moves in a row: s, a, s1, a1 int32 [b]."""

    s: jax.Array
    a: jax.Array
    s1: jax.Array
    a1: jax.Array


def two_moves(batch: Pieces, key: jax.Array) -> Moves:
    """Two moves in a row of each piece, from a uniformly random place on."""
    rows = jnp.arange(len(batch.s))
    t = whole_numbers(uniforms(key, t=(len(batch.s),))["t"], batch.a.shape[1] - 1)
    return Moves(s=batch.s[rows, t], a=batch.a[rows, t], s1=batch.s[rows, t + 1], a1=batch.a[rows, t + 1])


def contrast(table: jax.Array, s: jax.Array, a: jax.Array, others: jax.Array) -> jax.Array:
    """Logits [b, b]: how well each state of `others` [b] fits each s, a [b]."""
    return table[s, a][:, others]


def cross_entropy(logits: jax.Array, law: jax.Array) -> jax.Array:
    """Mean over rows of the cross-entropy of laws [b, b]."""
    return -(law * jax.nn.log_softmax(logits)).sum(-1).mean()


def law_of(logits: jax.Array, marginal: jax.Array) -> jax.Array:
    """The law [..., S] whose density ratio to the marginal [S] has these logits [..., S], up to a factor a row."""
    return jax.nn.softmax(logits + jnp.broadcast_to(jnp.log(marginal), logits.shape), axis=-1)


def share_of(states: jax.Array, weight: jax.Array, spec: Spec) -> jax.Array:
    """Shares [S] of states int32 [...], each counted with its weight [...]."""
    counts = jnp.zeros(spec.states).at[states].add(weight)
    return counts / counts.sum()


def begin(spec: Spec, lr: Any, steps: int) -> Table:
    """A table of zeros."""
    zeros = jnp.zeros((spec.states, spec.actions, spec.states))
    return Table(params=zeros, target=zeros, adam=optim.adam(lr, steps).init(zeros))


def descend(table: Table, gradient: jax.Array, lr: Any, steps: int, rate: Any) -> Table:
    """A step of Adam, whose rate falls to 0 by a cosine; the slow copy follows by `rate`."""
    params, adam = optim.descend(optim.adam(lr, steps), gradient, table.adam, table.params)
    return Table(params=params, target=table.target + rate * (params - table.target), adam=adam)
