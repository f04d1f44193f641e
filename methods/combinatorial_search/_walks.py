"""States met on random walks from the goal of a puzzle, and the small network that scores states.

Shapes: t tiles, b states of a batch, l length of the walks.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks import nn, optim
from toybench.tasks.combinatorial_search import INVERSE, moves, neighbours, states

BATCH = 256
WIDTHS = (64, 64, 1)
GOAL = 0  # its code
ONWARD = np.array([[m for m in range(len(INVERSE)) if m != INVERSE[last]] for last in range(len(INVERSE))])


class Walked(NamedTuple):
    """Codes of states and the step that they were met at, int32 [steps x b] each, in random order."""

    codes: jax.Array
    step: jax.Array


class State(NamedTuple):
    """The network, its optimiser's state, updates so far, and the states to train on."""

    params: Any
    moments: Any
    update: jax.Array
    walked: Walked


def walk(uniform: jax.Array, tiles: int) -> jax.Array:
    """Codes int32 [l, w] on w walks from the goal that never take a move back, for uniform numbers [l, w]."""
    onward = jnp.asarray(neighbours(tiles))
    count = len(moves(tiles))
    first = jnp.minimum(jnp.floor(uniform[0] * count).astype(jnp.int32), count - 1)
    start = onward[GOAL][first]

    def go(carry: tuple[jax.Array, jax.Array], u: jax.Array) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        code, last = carry
        move = jnp.asarray(ONWARD, jnp.int32)[last, (u >= 0.5).astype(jnp.int32)]
        code = onward[code, move]
        return (code, move), code

    later = jax.lax.scan(go, (start, first), uniform[1:])[1]
    return jnp.concatenate([start[None], later])


def walked(key: jax.Array, tiles: int, length: int, steps: int) -> Walked:
    """States for that many batches: all steps of the walks, from the first on, are equally frequent."""
    draw, shuffle = jax.random.split(key)
    wanted = max(steps, 1) * BATCH
    walkers = -(-wanted // length)
    code = walk(jax.random.uniform(draw, (length, walkers)), tiles).reshape(-1)
    step = jnp.repeat(jnp.arange(1, length + 1, dtype=jnp.int32), walkers)
    chosen = jax.random.permutation(shuffle, length * walkers)[:wanted]
    return Walked(codes=code[chosen], step=step[chosen])


def start(key: jax.Array, tiles: int, length: int, steps: int) -> State:
    """A fresh network, Adam's moments 0, and states for all updates."""
    network, walks = jax.random.split(key)
    params = nn.init(nn.MLP(WIDTHS), network, jnp.zeros((1, tiles * tiles)))
    moments = optim.adam(0.0, 1).init(params)
    data = walked(walks, tiles, length, steps)
    return State(params=params, moments=moments, update=jnp.zeros((), jnp.int32), walked=data)


def batch_of(state: State) -> Walked:
    """The batch [b] of this update."""
    rows = jax.lax.rem(state.update, len(state.walked.codes) // BATCH) * BATCH
    code = jax.lax.dynamic_slice(state.walked.codes, (rows,), (BATCH,))
    step = jax.lax.dynamic_slice(state.walked.step, (rows,), (BATCH,))
    return Walked(codes=code, step=step)


def value(params: Any, rows: jax.Array) -> jax.Array:
    """Output [m] of the network for rows of tiles [m, t], one-hot at every place."""
    tiles = rows.shape[1]
    inputs = jax.nn.one_hot(rows, tiles).reshape(len(rows), tiles * tiles)
    return nn.MLP(WIDTHS).apply(params, inputs)[:, 0]


def value_of(params: Any, code: jax.Array, tiles: int) -> jax.Array:
    """The same for codes [m]."""
    return value(params, jnp.asarray(states(tiles))[code])


def descend(state: State, gradients: Any, lr: Any, steps: int) -> State:
    """One step of Adam, its rate decaying by a cosine."""
    params, moments = optim.descend(optim.adam(lr, max(steps, 1)), gradients, state.moments, state.params)
    return state._replace(params=params, moments=moments, update=state.update + 1)
