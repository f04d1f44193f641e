"""Nearest class mean among features averaged over neighbourhoods: few-shot classification without any learning.

**Source**: a control of GraphPrompt without its encoder; class means as in Snell, Swersky and Zemel, "Prototypical
Networks for Few-shot Learning", 2017, https://arxiv.org/abs/1703.05175, averages as in Wu et al., "Simplifying Graph
Convolutional Networks", 2019, https://arxiv.org/abs/1902.07153 (both from memory).

    s = S^k x,   score of class c = cos(s_v, mean of s over known nodes of c)

**Differs from the paper**: 1. The cosine, as in `graphprompt`, instead of a squared distance, which was no better in
a pilot on other seeds.

**Shapes**: n nodes, d features, c classes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.graphs import symmetric_normalised
from toybench.methods.graph_transfer._training import unit_rows
from toybench.tasks.graph_transfer import Graph, one_hot_labels


class PropagatedPrototypes(Method):
    """Class means of averaged features."""

    hops: int = 4  # averages taken, 0 or more

    deterministic = True
    space = {"hops": (2, 3, 4, 6, 8, 12)}

    def node_scores(self, state: Any, graph: Graph) -> jax.Array:
        reads = symmetric_normalised(graph.edges)
        s = graph.x
        for _ in range(self.hops):
            s = reads @ s
        known = one_hot_labels(graph, self.spec.classes)
        means = known.T @ s / jnp.maximum(known.sum(0), 1.0)[:, None]
        return unit_rows(s) @ unit_rows(means).T
