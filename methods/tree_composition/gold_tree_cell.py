"""The recursive cell along the true tree, which it is given: an upper reference.

**Source**: the reference of Ray Chowdhury and Caragea, "Beam Tree Recursive Cells", 2023,
https://arxiv.org/abs/2305.19999; the authors' code, github.com/JRC1995/BeamTreeRecursiveCells:
`models/layers/GoldTreeCell.py`.

    items <- left, compose(items[place], items[place + 1]), right      for each place of the parser's merges

**Differs from the paper**: 1. width 16, no dropout, Adam.

**Shapes**: b expressions, t tokens, d width.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.tree_composition import _cell as cell
from toybench.tasks.tree_composition import Expressions


def follow(bound: cell.Parts, tokens: jax.Array, length: jax.Array, places: jax.Array) -> jax.Array:
    """Root [d] of one expression."""

    def merge(items: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        done, place = step
        parent = bound.compose(items[place], items[place + 1])
        return jnp.where(length - done > 1, cell.merged(items, place, parent), items), None

    items, _ = jax.lax.scan(merge, bound.leaves(tokens), (jnp.arange(len(places)), places))
    return items[0]


class GoldTreeCell(Method):
    """Nothing is to be found but how to compose."""

    lr: float = 0.01  # of Adam at the start

    space = {"lr": cell.RATES}

    def init(self, key: jax.Array) -> cell.State:
        return cell.begin(cell.parts(self.spec), key, self.lr, self.steps)

    def logits(self, params: Any, asked: Expressions) -> jax.Array:
        bound = cell.parts(self.spec).bind(params)
        return bound.answer(jax.vmap(follow, in_axes=(None, 0, 0, 0))(bound, asked.tokens, asked.lengths, asked.merges))

    def update(self, state: cell.State, batch: Expressions, key: jax.Array) -> cell.State:
        return cell.fit(lambda params: self.logits(params, batch), state, batch.value, self.lr, self.steps)

    def values(self, state: cell.State, asked: Expressions) -> jax.Array:
        return self.logits(state.params, asked)
