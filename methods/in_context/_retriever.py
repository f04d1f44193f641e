"""What the retrieving methods share: demonstrations are the pool items most similar to the query.

Shapes: p pool items, q queries, k demonstrations, d features, c classes.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.in_context._retrieval import nearest, predict


class Retriever(Method):
    """A subclass says in which space similarity is measured."""

    def keys(self, state: Any) -> jax.Array:
        """The pool in that space, [p, e]."""
        raise TypeError(f"{self.name} has no keys; give it a method `keys`.")

    def embed(self, state: Any, query: jax.Array) -> jax.Array:
        """Queries in that space, [q, e]."""
        raise TypeError(f"{self.name} embeds no queries; give it a method `embed`.")

    def answer(self, state: Any, query: jax.Array) -> jax.Array:
        pool, predictor = self.given
        chosen = nearest(self.embed(state, query), self.keys(state), self.spec.shots)
        return predict(predictor, query, pool.x[chosen], pool.y[chosen])
