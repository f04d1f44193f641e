"""OmniControlNet: one control branch for all kinds of maps, which is told the kind by a word.

**Source**: Wang, Xu, Zhang, Chen, Sha, Wang and Tu, "OmniControlNet: Dual-stage Integration for Conditional Image
Generation", 2024, https://arxiv.org/abs/2406.05871, read in its abstract and in a summary of its method; the branch is
Zhang, Rao and Agrawala 2023's ControlNet (from memory): the model is frozen, what is added starts at 0.

    D(x, t, [words, word of the kind]) with hidden units + branch(x, t, map, word of the kind)

**Differs from the paper**: 1. the second stage alone; maps are exact. 2. a branch of two layers instead of a copy of
the encoder; a kind's word scales its units. 3. words of kinds are trained with the branch, instead of by textual
inversion before.

**Shapes**: n scenes, l layers, h hidden units, m numbers of a map, d numbers of a token, k kinds.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.prompted_generation._control import WORD, Branch, Controlled, fresh, plain_words
from toybench.tasks.prompted_generation import TOKEN, ControlBatch


class OmniControlNet(Controlled):
    """A branch, and a word for every kind."""

    width: int = 32  # hidden units of the branch
    typed: bool = True  # whether words of kinds are used, as in the paper; False: the kind is not told

    space = {"lr": (0.001, 0.002, 0.004, 0.008, 0.016, 0.03, 0.06, 0.12, 0.25)}

    def fresh_branches(self, key: jax.Array) -> Any:
        for_branch, for_words = jax.random.split(key)
        words = WORD * jax.random.normal(for_words, (self.spec.kinds, TOKEN))
        return {"branch": fresh(self.width, self.spec.size, for_branch, words[:1]), "words": words}

    def word(self, params: Any, kind: jax.Array) -> jax.Array:
        """Words of kinds, [n, d]."""
        words = params["words"][kind]
        return words if self.typed else jnp.zeros_like(words)

    def added(self, params: Any, x: jax.Array, t: jax.Array, kind: jax.Array, wanted: jax.Array) -> jax.Array:
        return Branch(self.width).apply(params["branch"], x, t, wanted, self.word(params, kind))

    def lesson(self, batch: ControlBatch) -> ControlBatch:
        return batch

    def prompt(self, params: Any, kind: jax.Array) -> jax.Array:
        plain = plain_words(self.given, len(kind))
        return jnp.concatenate([plain, self.word(params, kind)[:, None]], 1) if self.typed else plain
