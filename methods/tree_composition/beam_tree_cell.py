"""A recursive cell that keeps the few best orders of merges, and answers by a mean over their roots.

**Source**: Ray Chowdhury and Caragea, "Beam Tree Recursive Cells", 2023, https://arxiv.org/abs/2305.19999, abstract;
the authors' code, github.com/JRC1995/BeamTreeRecursiveCells: `models/layers/BeamGumbelTreeCell.py` and
`configs/listopsc_configs.py`.

    log p(tree) = sum over merges of log softmax(w . parents);   root = sum over beams of softmax(log p) root_beam

**Differs from the paper**: 1. two beams instead of five, width 16 instead of 128, no dropout, Adam. 2. Gumbel noise is
added once in training, to the sums over the beam; the code adds it to a beam's scores, and to the sums again. 3. after
a merge only the two new parents are made, which doesn't change a number. Two orders of merges may be one tree, as in
the code.

**Shapes**: b expressions, t tokens, k beams, d width.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.relaxed import gumbel
from toybench.methods.tree_composition import _cell as cell
from toybench.tasks.tree_composition import Expressions

NEVER = -1e9  # log-chance of what can't be


def grow(bound: cell.Parts, tokens: jax.Array, length: jax.Array, noise: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(roots [k, d], log-chances [k]) of the best orders of merges of one expression; noise [t - 1, k, t - 1]."""
    beams = noise.shape[1]
    leaves = bound.leaves(tokens)
    count = len(leaves)
    place = jnp.arange(count - 1)

    def merge(now: tuple[jax.Array, jax.Array, jax.Array], step: tuple[jax.Array, jax.Array]) -> tuple[Any, None]:
        items, parents, total = now
        done, blur = step
        left = length - done
        scores = jnp.where(place[None] < left - 1, bound.score(parents), NEVER)
        sums = jnp.maximum(total[:, None] + jax.nn.log_softmax(scores), NEVER)
        sums = jnp.where(place[None] < left - 1, sums, NEVER)
        _, best = jax.lax.top_k((jax.lax.stop_gradient(sums) + blur).reshape(-1), beams)
        beam = best // (count - 1)
        where = best % (count - 1)
        one = jax.vmap(_one_merge, in_axes=(None, 0, 0, 0))
        grown = one(bound, items[beam], parents[beam], where)
        kept = (items, parents, total)
        return jax.tree.map(lambda a, b: jnp.where(left > 1, a, b), (*grown, sums.reshape(-1)[best]), kept), None

    items = jnp.broadcast_to(leaves[None], (beams, *leaves.shape))
    parents = bound.compose(items[:, :-1], items[:, 1:])
    total = jnp.where(jnp.arange(beams) > 0, NEVER, 0.0)
    last, _ = jax.lax.scan(merge, (items, parents, total), (jnp.arange(count - 1), noise))
    return last[0][:, 0], last[2]


def _one_merge(bound: cell.Parts, items: jax.Array, parents: jax.Array, place: jax.Array) -> tuple[Any, Any]:
    """Items [t, d] and parents [t - 1, d] after a merge."""
    items = cell.merged(items, place, parents[place])
    before = jnp.maximum(place - 1, 0)
    after = jnp.minimum(place + 1, len(items) - 1)
    left = jnp.stack([items[before], items[place]])
    right = jnp.stack([items[place], items[after]])
    new = bound.compose(left, right)
    onward = jnp.concatenate([parents[1:], parents[-1:]])
    index = jnp.arange(len(parents))[:, None]
    shifted = jnp.where(index < place, parents, jnp.where(index == place, new[1][None], onward))
    return items, jnp.where((index == place - 1), new[0][None], shifted)


class BeamTreeCell(Method):
    """What looked worse at first may still win."""

    beams: int = 2  # orders of merges that are kept; 5 in the paper, 2 in its smaller variant
    lr: float = 0.01  # of Adam at the start; 0.001 in the paper

    paper = "raychowdhury2023beam"
    space = {"lr": cell.RATES}

    def init(self, key: jax.Array) -> cell.State:
        return cell.begin(cell.parts(self.spec), key, self.lr, self.steps)

    def logits(self, params: Any, asked: Expressions, noise: jax.Array) -> jax.Array:
        bound = cell.parts(self.spec).bind(params)
        roots, total = jax.vmap(grow, in_axes=(None, 0, 0, 0))(bound, asked.tokens, asked.lengths, noise)
        return bound.answer((jax.nn.softmax(total)[..., None] * roots).sum(1))

    def update(self, state: cell.State, batch: Expressions, key: jax.Array) -> cell.State:
        count, tokens = batch.tokens.shape
        noise = gumbel(jax.random.uniform(key, (count, tokens - 1, self.beams, tokens - 1)))
        return cell.fit(lambda params: self.logits(params, batch, noise), state, batch.value, self.lr, self.steps)

    def values(self, state: cell.State, asked: Expressions) -> jax.Array:
        count, tokens = asked.tokens.shape
        return self.logits(state.params, asked, jnp.zeros((count, tokens - 1, self.beams, tokens - 1)))
