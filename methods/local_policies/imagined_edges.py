"""Adds the steps to the map that a local model, learned in other mazes, imagines to be open.

**Source**: de Tinguy, Mazzaglia, Verbelen and Dhoedt, "Home Run: Finding Your Way Home by Imagining Trajectories",
2022, https://arxiv.org/abs/2208.10914 (abstract and introduction; the method section could not be read).

    p_e = sigmoid(MLP(what is remembered around step e)),    map = walked, or p_e > threshold

**Differs from the paper**: 1. the local model is a network that predicts a step from what is remembered of the 3 x 3
cells around it, instead of a generative model of pixels. 2. it is trained with truth from 256 walks in other mazes.
3. steps join the map one by one, instead of imagined trajectories between places.

**Shapes**: b walks, s side, f features.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.local_policies import Memory, beside, inside, two_way

HIDDEN = 32  # units
BATCH = 16  # walks a step
CERTAIN = 3  # votes that count as certainty: with chances of 0.1 they are wrong once in some hundreds
DOWN = 1  # the ways that stand for both directions
RIGHT = 3


class State(NamedTuple):
    """Network, and its optimiser."""

    params: Any
    moments: Any


class ImaginedEdges(Method):
    """Two layers on the 3 x 3 cells around a cell, for its steps down and to the right."""

    lr: float = 0.003  # Adam's rate
    threshold: float = 0.7  # least probability of a step on the map, 0 to 1

    paper = "tinguy2022home"
    space = {"lr": (0.001, 0.003, 0.01), "threshold": (0.5, 0.7, 0.9)}

    def init(self, key: jax.Array) -> State:
        inputs = 3 * 3 * 4  # cells around, and their numbers
        params = nn.init(self.network(), key, jnp.zeros((1, inputs)))
        return State(params=params, moments=optim.adam(self.lr).init(params))

    def network(self) -> nn.MLP:
        """Logits [.., 2] of the steps down and to the right, for features [.., f]."""
        return nn.MLP((HIDDEN, 2))

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        rows = jnp.floor(self.spec.walks * jax.random.uniform(key, (BATCH,))).astype(jnp.int32)
        lessons = jax.tree.map(lambda x: x[rows], self.given)
        inputs = features(lessons.memory)
        opened = both(lessons.truth).astype(inputs.dtype)
        counted = jnp.broadcast_to(both(inside(self.spec.side)[None]), opened.shape).astype(inputs.dtype)

        def error(params: Any) -> jax.Array:
            logits = self.network().apply(params, inputs)
            return (counted * (jax.nn.softplus(logits) - opened * logits)).sum() / counted.sum()

        gradients = jax.grad(error)(state.params)
        params, moments = optim.descend(optim.adam(self.lr), gradients, state.moments, state.params)
        return State(params=params, moments=moments)

    def draw_map(self, state: State, memory: Memory) -> jax.Array:
        imagined = jax.nn.sigmoid(self.network().apply(state.params, features(memory))) > self.threshold
        return (two_way(jnp.moveaxis(imagined, -1, 1)) & inside(self.spec.side)[None]) | memory.walked


def both(steps: jax.Array) -> jax.Array:
    """The steps down and to the right of [b, 4, s, s], as [b, s, s, 2]."""
    return jnp.stack([steps[:, DOWN], steps[:, RIGHT]], axis=-1)


def features(memory: Memory) -> jax.Array:
    """What is remembered around each cell, [b, s, s, f]: votes and whether there were any, closed beyond the board."""
    side = memory.opened.shape[-1]
    board = inside(side)[None]
    votes = jnp.where(memory.walked, CERTAIN, memory.opened - memory.closed)
    evidence = jnp.where(board, jnp.clip(votes / CERTAIN, -1.0, 1.0), -1.0)
    seen = jnp.where(board, (memory.opened + memory.closed > 0).astype(evidence.dtype), 1.0)
    told = both(evidence)
    known = both(seen)
    columns = [told[..., 0], told[..., 1], known[..., 0], known[..., 1]]
    patches = []
    for column, beyond in zip(columns, (-1.0, -1.0, 1.0, 1.0), strict=True):
        rows = [beside(column, 0, beyond), column, beside(column, DOWN, beyond)]
        patches += [x for row in rows for x in (beside(row, 2, beyond), row, beside(row, RIGHT, beyond))]
    return jnp.stack(patches, axis=-1)
