"""A control branch for every kind of map, each trained on its own maps alone.

**Source**: Zhang, Rao and Agrawala, "Adding Conditional Control to Text-to-Image Diffusion Models", 2023,
https://arxiv.org/abs/2302.05543 (from memory): the model is frozen, what is added starts at 0.

    hidden units + branch_kind(x, t, map)

**Differs from the paper**: 1. branches of two layers instead of copies of the encoder. 2. all are trained at once, each
on its quarter of every batch, or on all of it.

**Shapes**: n scenes, l layers, h hidden units, m numbers of a map, k kinds.
"""

from typing import Any

import jax

from toybench.methods.prompted_generation._control import Controlled, branch_a_kind, fresh, in_all_kinds, plain_words
from toybench.tasks.prompted_generation import ControlBatch


class SeparateControlNets(Controlled):
    """As many branches as kinds, each as wide as the one that all could share."""

    width: int = 32  # hidden units of a branch
    whole: bool = False  # whether each branch sees all scenes of a batch, as in the paper, or the quarter of its kind

    space = {"lr": (0.001, 0.002, 0.004, 0.008, 0.016, 0.03, 0.06, 0.12, 0.25)}

    def fresh_branches(self, key: jax.Array) -> Any:
        keys = jax.random.split(key, self.spec.kinds)
        return jax.vmap(lambda key: fresh(self.width, self.spec.size, key))(keys)

    def added(self, params: Any, x: jax.Array, t: jax.Array, kind: jax.Array, wanted: jax.Array) -> jax.Array:
        return branch_a_kind(self.width, params, x, t, kind, wanted)

    def lesson(self, batch: ControlBatch) -> ControlBatch:
        return in_all_kinds(batch) if self.whole else batch

    def prompt(self, params: Any, kind: jax.Array) -> jax.Array:
        return plain_words(self.given, len(kind))
