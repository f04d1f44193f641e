"""Shares of operators.

**Source**: none: a control of Pei, Li, Dong and Xu, "Neural Architecture Retrieval", 2024,
https://arxiv.org/abs/2307.07919.

    e = mean of one-hot operators over nodes

**Differs from the paper**: the paper doesn't have it.

**Shapes**: b graphs, n nodes, o operators.
"""

import jax

from toybench import Method
from toybench.blocks.graphs import read_out
from toybench.tasks.architecture_retrieval import Graphs


class OperatorHistogram(Method):
    """Sees no edges."""

    deterministic = True

    def embed_graphs(self, state: tuple[()], graphs: Graphs) -> jax.Array:
        return read_out(graphs.x, graphs.mask)
