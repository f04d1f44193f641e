"""Distance of a few statistics of graphs, averaged over the corpus and over the downstream set.

**Source**: none, a control. Cao et al., 2023, "When to Pre-Train Graph Neural Networks?", describe graphs by a similar
list where they cluster a corpus (`utils/cal_topo_statistcs.py`); which rivals they compare with was not read.

    score = - | (mean of f over the corpus - mean of f over downstream graphs) / sd of f over all corpora |

**Differs from the paper**: 1. f: density, spread of degrees, skewness of degrees, transitivity, mean clustering,
degree correlation of linked nodes, largest eigenvalue; the authors have closeness instead of skewness and eigenvalue.
2. `mixture=best` weighs the two sources of a corpus as suits the downstream graphs best.

**Shapes**: m corpora, s = 2 sources, g graphs, n nodes, f statistics, a mixtures.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.transferability import mixtures


def statistics(edges: jax.Array) -> jax.Array:
    """Seven numbers [f] of a graph [n, n]."""
    tiny = jnp.finfo(edges.dtype).eps
    nodes = len(edges)
    degree = edges.sum(1)
    pairs = degree * (degree - 1)
    triangles = ((edges @ edges) * edges).sum(1)
    apart = degree - degree.mean()
    spread = jnp.sqrt((apart**2).mean() + tiny)
    total = edges.sum() + tiny
    end = (degree**2).sum() / total
    variance = (degree**3).sum() / total - end**2
    together = degree @ edges @ degree / total - end**2
    return jnp.stack(
        [
            degree.mean() / nodes,
            spread / nodes,
            (apart**3).mean() / spread**3,
            triangles.sum() / (pairs.sum() + tiny),
            (triangles / jnp.maximum(pairs, 1.0)).mean(),
            together / (variance + tiny),
            jnp.linalg.eigvalsh(edges)[-1] / nodes,
        ]
    )


class GraphStatistics(Method):
    """Seven numbers."""

    mixture: str = "mean"  # of the two sources, or the `best`, or the better of the `sources`

    deterministic = True

    def feasibility(self, state: Any, corpora: jax.Array, downstream: jax.Array) -> jax.Array:
        every = jax.vmap(jax.vmap(jax.vmap(statistics)))(corpora)
        spread = every.std((0, 1, 2))[None, None]
        target = jax.vmap(statistics)(downstream).mean(0)[None, None]
        mixed = mixtures(every.mean(2), self.mixture)
        return -jnp.linalg.norm((mixed - target) / spread, axis=2).min(1)
