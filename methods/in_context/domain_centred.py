"""Demonstrations nearest to the query after each domain's mean is subtracted.

**Source**: mean alignment, a humble baseline of domain adaptation; the first moment of Sun, Feng and Saenko, "Return
of Frustratingly Easy Domain Adaptation", 2016, https://arxiv.org/abs/1511.05547.

    prompt(x) = the k pool items with the largest  cos(f(x) - mean of the queries, f(x_i) - mean of domain(x_i))

**Differs from the paper**: 1. aligns means only, no covariances; 2. the query's domain mean is that of all queries
asked at once, so it sees unlabelled data of the new domain, which no other method here does.

**Shapes**: p pool items, q queries, k demonstrations, d features, m domains.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.in_context._retriever import Retriever


class DomainCentred(Retriever):
    """Removes what is constant over a domain; what varies within a domain stays."""

    def keys(self, state: Any) -> jax.Array:
        pool = self.given.pool
        member = jax.nn.one_hot(pool.domain, self.spec.domains)  # [p, m]
        mean = (member.T @ pool.x) / jnp.maximum(member.sum(0), 1.0)[:, None]
        return pool.x - mean[pool.domain]

    def embed(self, state: Any, query: jax.Array) -> jax.Array:
        return query - query.mean(0, keepdims=True)
