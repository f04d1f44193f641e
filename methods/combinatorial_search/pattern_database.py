"""Ranks states by the fewest moves that bring the first half of the tiles home, or the second: the larger number.

**Source**: Culberson and Schaeffer, "Pattern Databases", 1998, https://doi.org/10.1111/0824-7935.00065 (from memory):
a heuristic that is never above the distance, by breadth-first search among patterns.

    f(s) = max over the two halves of d(where the half's tiles are), other tiles being blank

**Differs from the paper**: 1. a beam search takes the place of iterative deepening. 2. the larger of two patterns'
distances instead of one of each.

**Shapes**: m states, t tiles.
"""

import jax
import numpy as np

from toybench import Method
from toybench.methods.combinatorial_search import _tables as tables
from toybench.tasks.combinatorial_search import states


class PatternDatabase(Method):
    """The classic control: two tables of 1,680 entries."""

    deterministic = True

    def rank(self, state: tuple, rows: jax.Array) -> jax.Array:
        every = states(self.spec.tiles)
        half = self.spec.tiles // 2
        parts = (tuple(range(half)), tuple(range(half, self.spec.tiles)))
        found = [tables.pattern_distances(self.spec.tiles, part)[tables.pattern(every, part)] for part in parts]
        return tables.look_up(np.max(found, axis=0), rows)
