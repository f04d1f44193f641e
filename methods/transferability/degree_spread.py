"""How unequal the degrees of a corpus are, whatever the downstream problem is.

**Source**: none, a control: a corpus may be good for everything.

    score = mean over graphs of the standard deviation of degrees

**Differs from the paper**: nothing; it has no paper.

**Shapes**: m corpora, s sources, g graphs, n nodes.
"""

from typing import Any

import jax

from toybench import Method


class DegreeSpread(Method):
    """Blind to the question."""

    deterministic = True

    def feasibility(self, state: Any, corpora: jax.Array, downstream: jax.Array) -> jax.Array:
        return corpora.sum(4).std(3).mean((1, 2))
