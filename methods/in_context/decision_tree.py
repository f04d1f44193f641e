"""A decision tree fitted to each table.

**Source**: Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees", 1984,
https://doi.org/10.1201/9781315139470; a baseline of the tabular papers.

    each node is split where the Gini impurity falls most, until its rows agree or `depth` is reached;
    p(y = 1 | x) = share of class 1 in the leaf of x

**Differs from the paper**: 1. depth-limited, no pruning.

**Shapes**: n tables, c context rows, q query rows, f features.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.in_context._trees import answer, grow


class DecisionTree(Method):
    """Takes no steps. For two classes the fall of the Gini impurity is that of the squared error, up to a factor."""

    depth: int = 5  # levels of splits

    space = {"depth": (2, 3, 4, 5, 6)}

    def one(self, x: jax.Array, y: jax.Array, query: jax.Array) -> jax.Array:
        """Share of class 1 in the leaf of each query row of one table: [q]."""
        return answer(grow(x, -y, jnp.ones_like(y), self.depth, 1e-6), query)

    def classify(self, state: Any, x: jax.Array, y: jax.Array, query: jax.Array) -> jax.Array:
        return jax.vmap(self.one)(x, y, query)
