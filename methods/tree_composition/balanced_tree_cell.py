"""The recursive cell along a balanced tree, whatever the brackets are.

**Source**: the baseline of Ray Chowdhury and Caragea, "Beam Tree Recursive Cells", 2023,
https://arxiv.org/abs/2305.19999; the authors' code, github.com/JRC1995/BeamTreeRecursiveCells:
`models/layers/BalancedTreeCell.py`.

    items <- compose(items[0], items[1]), compose(items[2], items[3]), ...      until one is left

**Differs from the paper**: 1. width 16, no dropout, Adam.

**Shapes**: b expressions, t tokens, d width.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.tree_composition import _cell as cell
from toybench.tasks.tree_composition import Expressions


def halve(bound: cell.Parts, items: jax.Array, left: jax.Array) -> jax.Array:
    """Items [b, t / 2, d] of which each is made of two, or of the last one alone; `left` [b] are there."""
    pairs = items.reshape(len(items), -1, 2, items.shape[-1])
    both = 2 * jnp.arange(pairs.shape[1])[None] + 1 < left[:, None]
    return jnp.where(both[..., None], bound.compose(pairs[:, :, 0], pairs[:, :, 1]), pairs[:, :, 0])


class BalancedTreeCell(Method):
    """The same tree for all expressions of a length."""

    lr: float = 0.01  # of Adam at the start

    space = {"lr": cell.RATES}

    def init(self, key: jax.Array) -> cell.State:
        return cell.begin(cell.parts(self.spec), key, self.lr, self.steps)

    def logits(self, params: Any, asked: Expressions) -> jax.Array:
        bound = cell.parts(self.spec).bind(params)
        items = bound.leaves(asked.tokens)
        levels = (items.shape[1] - 1).bit_length()
        items = jnp.pad(items, ((0, 0), (0, 2**levels - items.shape[1]), (0, 0)))
        left = asked.lengths
        for _ in range(levels):
            items = halve(bound, items, left)
            left = (left + 1) // 2
        return bound.answer(items[:, 0])

    def update(self, state: cell.State, batch: Expressions, key: jax.Array) -> cell.State:
        return cell.fit(lambda params: self.logits(params, batch), state, batch.value, self.lr, self.steps)

    def values(self, state: cell.State, asked: Expressions) -> jax.Array:
        return self.logits(state.params, asked)
