"""The given graphs themselves, each once: near to true ones, and nothing new.

**Source**: none, a control.

    drawn graphs are the given ones in a random order, again and again

**Differs from the paper**: nothing; it has no paper.

**Shapes**: c drawn graphs, n nodes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method


class GivenGraphs(Method):
    """Copies."""

    deterministic = True

    def draw_graphs(self, state: Any, key: jax.Array, count: int) -> jax.Array:
        order = jax.random.permutation(key, self.spec.given)
        return self.given.edges[order[jnp.arange(count) % self.spec.given]]
