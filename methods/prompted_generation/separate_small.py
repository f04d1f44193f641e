"""Control: a branch for every kind of map, so narrow that all of them have the parameters of one shared branch.

**Source**: ours, for OmniControlNet: does sharing win where the number of parameters is the same?

    hidden units + branch_kind(x, t, map)

**Differs from the paper**: there is none; but for their width, branches are those of separate_controlnets.

**Shapes**: n scenes, l layers, h hidden units, m numbers of a map, k kinds.
"""

from typing import Any

import jax

from toybench.methods.prompted_generation._control import Controlled, branch_a_kind, fresh, plain_words
from toybench.tasks.prompted_generation import ControlBatch

NARROW = 11  # hidden units: 4 x 1230 parameters, where the shared branch of 32 and its words have 4704


class SeparateSmall(Controlled):
    """As many narrow branches as kinds."""

    space = {"lr": (0.001, 0.002, 0.004, 0.008, 0.016, 0.03, 0.06, 0.12, 0.25)}

    def fresh_branches(self, key: jax.Array) -> Any:
        keys = jax.random.split(key, self.spec.kinds)
        return jax.vmap(lambda key: fresh(NARROW, self.spec.size, key))(keys)

    def added(self, params: Any, x: jax.Array, t: jax.Array, kind: jax.Array, wanted: jax.Array) -> jax.Array:
        return branch_a_kind(NARROW, params, x, t, kind, wanted)

    def lesson(self, batch: ControlBatch) -> ControlBatch:
        return batch

    def prompt(self, params: Any, kind: jax.Array) -> jax.Array:
        return plain_words(self.given, len(kind))
