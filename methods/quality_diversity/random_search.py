"""Fresh random weights at every step.

**Source**: none; the humble control.

    theta ~ N(0, sd^2 I)

**Differs from the paper**: nothing.

**Shapes**: m proposals, w weights.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.quality_diversity import Outcome


class RandomSearch(Method):
    """Remembers nothing."""

    sd: float = 1.0  # standard deviation of a weight, above 0

    deterministic = True
    space = {"sd": (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)}

    def propose(self, state: Any, key: jax.Array) -> jax.Array:
        return self.sd * jax.random.normal(key, (self.spec.proposals, self.spec.weights))

    def update(self, state: Any, batch: Outcome, key: jax.Array) -> Any:
        return state
