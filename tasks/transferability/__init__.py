"""Say, before any training, what pre-training on each of several corpora of graphs would gain on a downstream problem.

A learner answers one question: `feasibility`, a score of each corpus for the unlabelled graphs of one downstream set.
Scores are compared with gains that the study measures itself, by pre-training an encoder on every corpus. Nothing is
given and there are no steps: a score is a formula of graphs. A corpus has two sources, and scores that compare means
may compare with mixtures of them.

Shapes: m corpora, s sources of a corpus, g graphs of a source or of a downstream set, n nodes,
a mixtures.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import jax
import jax.numpy as jnp

SHARES = {
    "best": tuple(tenth / 10 for tenth in range(11)),  # of the first source; the nearest mixture counts
    "sources": (0.0, 1.0),
    "mean": (1 / 2,),
}


@dataclass(frozen=True)
class Spec:
    """Corpora, sources of each, and nodes of every graph."""

    corpora: int
    sources: int
    nodes: int


class Scorer(Protocol):
    """A rule that rates corpora."""

    def feasibility(self, state: Any, corpora: jax.Array, downstream: jax.Array) -> jax.Array:
        """Scores [m], higher is better, of corpora [m, s, g, n, n] for the graphs [g, n, n] of a downstream set."""


def mixtures(sources: jax.Array, kind: str) -> jax.Array:
    """Mixtures [m, a, ...] of what the two sources of a corpus have, [m, 2, ...]; `kind` is a key of SHARES."""
    share = jnp.array(SHARES[kind]).reshape(1, -1, *[1] * (sources.ndim - 2))
    return share * sources[:, :1] + (1 - share) * sources[:, 1:]
