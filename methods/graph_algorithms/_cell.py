"""A recurrent graph network: a node sends one message to all neighbours, adds what comes, and updates by a GRU.

Shapes: b runs, n nodes, s states, w width.
"""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks import optim
from toybench.blocks.attention import Norm
from toybench.blocks.nn import MLP
from toybench.blocks.nn import init as initialise
from toybench.blocks.relaxed import straight_through
from toybench.tasks.graph_algorithms import RuleSpec, Runs

WIDTH = 32  # of a node's state; 16 in the authors' script


class State(NamedTuple):
    """The network's parameters and Adam's moments."""

    params: Any
    moments: Any


class Cell(nn.Module):
    """One round; with `snapped` a node keeps nothing but the state that it would answer."""

    states: int
    snapped: bool

    def setup(self) -> None:
        self.enter = nn.Dense(WIDTH)
        self.send = MLP(widths=(2 * WIDTH, WIDTH))
        self.from_messages = nn.Dense(3 * WIDTH)
        self.from_self = nn.Dense(3 * WIDTH)
        self.norm = Norm()
        self.answer = nn.Dense(self.states)

    def encode(self, states: jax.Array) -> jax.Array:
        """Vectors [b, n, w] of states int32 [b, n]."""
        return self.enter(jax.nn.one_hot(states, self.states))

    def step(self, h: jax.Array, adjacency: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Vectors after one round, and logits [b, n, s] of the states."""
        came = jnp.einsum("nm,bmw->bnw", adjacency, self.send(h))
        given = jnp.split(self.from_messages(came), 3, axis=-1)
        own = jnp.split(self.from_self(h), 3, axis=-1)
        reset = nn.sigmoid(given[0] + own[0])
        keep = nn.sigmoid(given[1] + own[1])
        new = nn.tanh(given[2] + reset * own[2])
        h = self.norm((1 - keep) * new + keep * h)
        logits = self.answer(h)
        if self.snapped:
            hard = jax.nn.one_hot(logits.argmax(-1), self.states)
            h = self.enter(straight_through(hard, jax.nn.softmax(logits)))
        return h, logits

    def __call__(self, states: jax.Array, adjacency: jax.Array) -> jax.Array:
        """Logits after one round."""
        return self.step(self.encode(states), adjacency)[1]


def logits_after(cell: Cell, params: Any, adjacency: jax.Array, start: jax.Array, rounds: int) -> jax.Array:
    """Logits [b, n, s] after so many rounds, one or more."""

    def step(h: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        return cell.apply(params, h, adjacency, method=cell.step)

    h = cell.apply(params, start, method=cell.encode)
    _, logits = jax.lax.scan(step, h, None, length=rounds)
    return logits[-1]


def begin(cell: Cell, key: jax.Array, lr: Any, steps: int) -> State:
    """Random parameters, and Adam's moments 0."""
    params = initialise(cell, key, jnp.zeros((1, 3), jnp.int32), jnp.ones((3, 3)))
    return State(params=params, moments=optim.adam(lr, steps).init(params))


def fit(cell: Cell, state: State, spec: RuleSpec, batch: Runs, lr: Any, steps: int) -> State:
    """One step of Adam, whose rate decays to 0 by a cosine, on the mean -log p of the end states."""

    def loss(params: Any) -> jax.Array:
        logits = logits_after(cell, params, batch.adjacency, batch.start, spec.rounds)
        right = jax.nn.one_hot(batch.end, spec.states)
        return -(jax.nn.log_softmax(logits) * right).sum(-1).mean()

    params, moments = optim.descend(optim.adam(lr, steps), jax.grad(loss)(state.params), state.moments, state.params)
    return State(params=params, moments=moments)
