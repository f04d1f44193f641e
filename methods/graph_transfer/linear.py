"""One linear graph network, fitted in closed form to the known labels of each new graph.

**Source**: the single LinearGNN of Zhao, Zhu, Galkin, Mostafa, Bronstein and Tang, "Fully-inductive Node
Classification on Arbitrary Graphs", 2024, https://arxiv.org/abs/2405.20445; the authors' file `graphany/data.py`.

    scores = F W,   W = argmin |F W - Y|^2 over known nodes,   F = x, A x or A^2 x

**Differs from the paper**: 1. A penalty of 1e-4 on squared weights instead of a pseudo-inverse. 2. `validated` chooses
the channel by leave-one-out errors on the new graph's own labels; the paper has no such baseline.

**Shapes**: k channels, n nodes, d features, c classes.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.graph_transfer._linear import (
    CHANNELS,
    PREDICTORS,
    channel_features,
    channel_scores,
    held_out_error,
)
from toybench.tasks.graph_transfer import Graph, labelled, one_hot_labels


class Linear(Method):
    """One channel for all graphs, or for each the one that its own labels prefer."""

    channel: str = "l2"  # x, l1 or l2; validated: the one of least leave-one-out error

    deterministic = True

    def node_scores(self, state: Any, graph: Graph) -> jax.Array:
        known = one_hot_labels(graph, self.spec.classes)
        features = channel_features(graph)[:PREDICTORS]
        scores = channel_scores(features, known, labelled(graph))
        if self.channel != "validated":
            return scores[CHANNELS.index(self.channel)]
        errors = jax.vmap(held_out_error, (0, None, None))(features, known, labelled(graph))
        return scores[errors.argmin()]
