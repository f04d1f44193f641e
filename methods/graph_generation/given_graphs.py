"""The given graphs themselves, at random: as near as a sample can be, and nothing new.

**Source**: none, a control.

    a drawn graph is one of the given ones, uniformly

**Differs from the paper**: nothing; it has no paper.

**Shapes**: c drawn graphs, n nodes.
"""

from typing import Any

import jax

from toybench import Method


class GivenGraphs(Method):
    """Copies."""

    deterministic = True

    def draw_graphs(self, state: Any, key: jax.Array, count: int) -> jax.Array:
        return self.given.edges[jax.random.randint(key, (count,), 0, self.spec.given)]
