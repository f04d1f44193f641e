"""The recursive cell from left to right: the same tree for all expressions, which leans to the left.

**Source**: the recurrent baseline (RCell) of Ray Chowdhury and Caragea, "Beam Tree Recursive Cells", 2023,
https://arxiv.org/abs/2305.19999; the authors' code, github.com/JRC1995/BeamTreeRecursiveCells, names it in
`configs/listopsc_configs.py` (its cell from memory).

    h <- compose(h, x_t)

**Differs from the paper**: 1. width 16, no dropout, Adam. 2. it starts with the first token.

**Shapes**: b expressions, t tokens, d width.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.tree_composition import _cell as cell
from toybench.tasks.tree_composition import Expressions


class ChainCell(Method):
    """Lists in lists come in while the outer one waits."""

    lr: float = 0.01  # of Adam at the start

    space = {"lr": cell.RATES}

    def init(self, key: jax.Array) -> cell.State:
        return cell.begin(cell.parts(self.spec), key, self.lr, self.steps)

    def logits(self, params: Any, asked: Expressions) -> jax.Array:
        bound = cell.parts(self.spec).bind(params)
        items = bound.leaves(asked.tokens)

        def take(h: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
            item, place = now
            return jnp.where((place < asked.lengths)[:, None], bound.compose(h, item), h), None

        later = jnp.moveaxis(items[:, 1:], 1, 0)
        h, _ = jax.lax.scan(take, items[:, 0], (later, 1 + jnp.arange(len(later))))
        return bound.answer(h)

    def update(self, state: cell.State, batch: Expressions, key: jax.Array) -> cell.State:
        return cell.fit(lambda params: self.logits(params, batch), state, batch.value, self.lr, self.steps)

    def values(self, state: cell.State, asked: Expressions) -> jax.Array:
        return self.logits(state.params, asked)
