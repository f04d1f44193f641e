"""Features averaged over neighbourhoods: a graph network without weights.

**Source**: a control; Wu, Souza, Zhang, Fifty, Yu and Weinberger, "Simplifying Graph Convolutional Networks", 2019,
https://arxiv.org/abs/1902.07153, equation 8 (from memory).

    h = S^k x

**Differs from the paper**: nothing.

**Shapes**: n nodes, d features.
"""

from typing import Any

import jax

from toybench import Method
from toybench.blocks.graphs import symmetric_normalised
from toybench.tasks.graph_transfer import Graph


class PropagatedFeatures(Method):
    """Nothing is learned."""

    hops: int = 2  # averages taken, 0 or more

    deterministic = True
    space = {"hops": (1, 2, 3, 4, 6, 8)}

    def embed(self, state: Any, graph: Graph) -> jax.Array:
        reads = symmetric_normalised(graph.edges)
        h = graph.x
        for _ in range(self.hops):
            h = reads @ h
        return h
