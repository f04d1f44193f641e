"""Known labels spread along edges; features aren't used.

**Source**: Zhou, Bousquet, Lal, Weston and Scholkopf, "Learning with Local and Global Consistency", 2004, section 2
(from memory).

    F = (1 - alpha) (I - alpha S)^-1 Y,   S = D^-1/2 A D^-1/2

**Differs from the paper**: nothing.

**Shapes**: n nodes, c classes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.graphs import symmetric_normalised
from toybench.tasks.graph_transfer import Graph, one_hot_labels


class LabelPropagation(Method):
    """The fixed point of F <- alpha S F + (1 - alpha) Y."""

    alpha: float = 0.9  # how far labels spread, 0 to 1; the paper 0.99

    deterministic = True
    space = {"alpha": (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)}

    def node_scores(self, state: Any, graph: Graph) -> jax.Array:
        reads = symmetric_normalised(graph.edges, loops=False)
        known = one_hot_labels(graph, self.spec.classes)
        return (1 - self.alpha) * jnp.linalg.solve(jnp.eye(self.spec.nodes) - self.alpha * reads, known)
