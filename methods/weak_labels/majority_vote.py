"""The class that most voters name.

**Source**: the plain way to combine voters; a baseline of Lu, Song, Arachie and Huang, 2023.

    score of class 1 = share of the votes for it

**Differs from the paper**: nothing.

**Shapes**: n points, m voters.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.weak_labels import as_scores


class MajorityVote(Method):
    """Every voter counts alike."""

    deterministic = True

    def labels(self, state: Any, x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
        return as_scores(votes.mean(1) - 0.5)
