"""A recursive cell that merges the best pair at each step, with straight-through gradients to the choice.

**Source**: Choi, Yoo and Lee, "Learning to Compose Task-Specific Tree Structures", 2018,
https://arxiv.org/abs/1707.02786 (from memory), as Ray Chowdhury and Caragea, "Beam Tree Recursive Cells", 2023,
https://arxiv.org/abs/2305.19999, have it as a baseline: github.com/JRC1995/BeamTreeRecursiveCells,
`models/layers/GumbelTreeCell.py`.

    choice ~ softmax(w . parents), hard forward and soft backward;   items <- left, parent or right of the choice

**Differs from the paper**: 1. width 16 and not 128, no dropout, Adam. 2. the cell is the
beam's, as in that code, and no tree-LSTM.

**Shapes**: b expressions, t tokens, d width.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.relaxed import gumbel, gumbel_one_hot
from toybench.methods.tree_composition import _cell as cell
from toybench.tasks.tree_composition import Expressions

NEVER = -1e9  # log-chance of what can't be


def grow(bound: cell.Parts, tokens: jax.Array, length: jax.Array, noise: jax.Array) -> jax.Array:
    """Root [d] of one expression; noise [t - 1, t - 1]."""
    leaves = bound.leaves(tokens)
    place = jnp.arange(len(leaves) - 1)

    def merge(items: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        done, blur = step
        left = length - done
        parents = bound.compose(items[:-1], items[1:])
        scores = jnp.where(place < left - 1, bound.score(parents), NEVER)
        choice = gumbel_one_hot(blur, scores, 1.0)[:, None]
        after = jnp.cumsum(choice, axis=0)
        grown = choice * parents + (1 - after) * items[:-1] + (after - choice) * items[1:]
        return jnp.where(left > 1, jnp.concatenate([grown, items[-1:]]), items), None

    items, _ = jax.lax.scan(merge, leaves, (jnp.arange(len(leaves) - 1), noise))
    return items[0]


class GumbelTreeCell(Method):
    """One tree, chosen greedily."""

    lr: float = 0.01  # of Adam at the start

    space = {"lr": cell.RATES}

    def init(self, key: jax.Array) -> cell.State:
        return cell.begin(cell.parts(self.spec), key, self.lr, self.steps)

    def logits(self, params: Any, asked: Expressions, noise: jax.Array) -> jax.Array:
        bound = cell.parts(self.spec).bind(params)
        return bound.answer(jax.vmap(grow, in_axes=(None, 0, 0, 0))(bound, asked.tokens, asked.lengths, noise))

    def update(self, state: cell.State, batch: Expressions, key: jax.Array) -> cell.State:
        count, tokens = batch.tokens.shape
        noise = gumbel(jax.random.uniform(key, (count, tokens - 1, tokens - 1)))
        return cell.fit(lambda params: self.logits(params, batch, noise), state, batch.value, self.lr, self.steps)

    def values(self, state: cell.State, asked: Expressions) -> jax.Array:
        count, tokens = asked.tokens.shape
        return self.logits(state.params, asked, jnp.zeros((count, tokens - 1, tokens - 1)))
