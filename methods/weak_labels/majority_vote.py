"""The class that most voters name.

**Source**: none; the plainest baseline of weak supervision.

    score_c = mean_v 1[vote_v = c]

**Differs from the paper**: nothing; it is a baseline.

**Shapes**: n points, v voters, c classes.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.weak_labels import one_hot


class MajorityVote(Method):
    """All voters count alike."""

    deterministic = True

    def labels(self, state: Any, x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
        return one_hot(votes).mean(1)
