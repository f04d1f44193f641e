"""Path network over all simple paths: a node adds what a recurrent cell makes of every path that ends there.

**Source**: Michel, Nikolentzos, Lutzeyer and Vazirgiannis, "Path Neural Networks: Expressive and Accurate Graph Neural
Networks", 2023, https://arxiv.org/abs/2306.05955, variant AP in the authors' code: `synthetic/networks/model.py`,
`synthetic/utils/dataset.py`, `synthetic/configs/SR25_config.json`.

    h_v <- relu(h_v + sum over simple paths p of k edges that start at v of LSTM(p, from its far end to v)),  k = 1..K

Every node of a path is read with a code of its distance from v; h has unit norm before every k; one cell for all k.

**Differs from the paper**: 1. K = 4 for untrained networks, as in the code for strongly regular graphs, 3 for trained
ones (5 there). 2. float32 where the code compares untrained networks in float64. 3. AdamW instead of Adam.

**Shapes**: b graphs, n nodes, w width.
"""

from functools import partial
from typing import Any

import flax.linen as nn
import jax

from toybench.blocks.nn import MLP
from toybench.blocks.paths import PathLSTM, hop_distances, simple_paths
from toybench.methods.graph_classification._network import GraphNetwork, cross_entropy, pooled, unit
from toybench.tasks.graph_classification import Graphs, Labelled, Spec, untyped


class Encoder(nn.Module):
    """One layer for every length."""

    spec: Spec

    @nn.compact
    def __call__(self, graphs: Graphs) -> jax.Array:
        width = self.spec.width
        edges = untyped(graphs)
        hops = hop_distances(edges, self.spec.reach)
        lengths = jax.vmap(partial(simple_paths, degree=self.spec.degree, limit=self.spec.reach))(edges)
        cell = PathLSTM(width, codes=self.spec.reach + 1)
        h = nn.relu(MLP((width, width))(graphs.x))
        for paths in lengths:
            start = unit(h)
            h = nn.relu(start + cell(start, paths, hops))
        return pooled(self.spec.pooling, [h], graphs.mask)


class PathNNAP(GraphNetwork):
    """All simple paths, with distances."""

    def encoder(self) -> nn.Module:
        return Encoder(self.spec)

    def loss(self, params: Any, shown: Labelled) -> jax.Array:
        return cross_entropy(self.scores(params, shown.graphs)[0], shown.y, shown.options)
