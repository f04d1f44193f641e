"""Ranks states by the fewest moves that bring the first tiles home, or the last ones: the larger number.

**Source**: Culberson and Schaeffer, "Pattern Databases", 1998, https://doi.org/10.1111/0824-7935.00065 (from memory):
a heuristic that is never above the distance, by breadth-first search among patterns.

    f(s) = max over the first and the last tiles of d(where these tiles are), other tiles being blank

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
    """The classic control: two tables of 1,680 entries with 4 tiles of 8, of 6,720 with 5."""

    held: int = 4  # tiles of a pattern

    deterministic = True

    def rank(self, state: tuple, rows: jax.Array) -> jax.Array:
        every = states(self.spec.tiles)
        tiles = range(self.spec.tiles)
        parts = (tuple(tiles[: self.held]), tuple(tiles[-self.held :]))
        found = [tables.pattern_distances(self.spec.tiles, part)[tables.pattern(every, part)] for part in parts]
        return tables.look_up(np.max(found, axis=0), rows)
