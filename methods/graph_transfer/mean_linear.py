"""The mean of the scores of three linear graph networks, fitted in closed form to each new graph.

**Source**: the averaging baseline of Zhao, Zhu, Galkin, Mostafa, Bronstein and Tang, "Fully-inductive Node
Classification on Arbitrary Graphs", 2024, https://arxiv.org/abs/2405.20445; the authors' file `graphany/model.py`,
where it is attention alike on all channels.

    scores = (F_1 W_1 + F_2 W_2 + F_3 W_3) / 3,   F = x, A x and A^2 x

**Differs from the paper**: 1. A penalty of 1e-4 on squared weights instead of a pseudo-inverse.

**Shapes**: n nodes, d features, c classes.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.graph_transfer._linear import PREDICTORS, channel_features, channel_scores
from toybench.tasks.graph_transfer import Graph, labelled, one_hot_labels


class MeanLinear(Method):
    """Nothing is learned from other graphs."""

    deterministic = True

    def node_scores(self, state: Any, graph: Graph) -> jax.Array:
        known = one_hot_labels(graph, self.spec.classes)
        return channel_scores(channel_features(graph)[:PREDICTORS], known, labelled(graph)).mean(0)
