"""Path network over all shortest paths: a node adds what a recurrent cell makes of every path that ends there.

**Source**: Michel, Nikolentzos, Lutzeyer and Vazirgiannis, "Path Neural Networks: Expressive and Accurate Graph Neural
Networks", 2023, https://arxiv.org/abs/2306.05955, variant SP+ (`all_shortest_paths`) in the authors' code:
`synthetic/networks/model.py`, `synthetic/utils/dataset.py`, `synthetic/configs/EXP_config.json`.

    h_v <- relu(h_v + sum over shortest paths p of k edges that start at v of LSTM(p, from its far end to v)),  k = 1..K

No distances are coded; h has unit norm before every k, as the code has it for untrained networks; one cell for all k.

**Differs from the paper**: 1. K = 4 for untrained networks and 3 for trained ones; 10 and 11 in the code. 2. float32
where the code compares untrained networks in float64. 3. AdamW instead of Adam; unit norms in training, too.

**Shapes**: b graphs, n nodes, w width.
"""

from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.nn import MLP
from toybench.blocks.paths import PathLSTM, Paths, hop_distances, simple_paths
from toybench.methods.graph_classification._network import GraphNetwork, cross_entropy, pooled, unit
from toybench.tasks.graph_classification import Graphs, Labelled, Spec, untyped


def shortest(paths: Paths, hops: jax.Array) -> Paths:
    """The paths [b, n, m] with as many edges as their ends [b, n, n] are apart."""
    ends = jnp.minimum(paths.nodes[..., -1], hops.shape[-1] - 1)
    away = jnp.take_along_axis(hops, ends, axis=2)
    length = paths.nodes.shape[-1] - 1
    return paths._replace(valid=paths.valid * (away == length).astype(paths.valid.dtype))


class Encoder(nn.Module):
    """One layer for every length."""

    spec: Spec

    @nn.compact
    def __call__(self, graphs: Graphs) -> jax.Array:
        width = self.spec.width
        edges = untyped(graphs)
        hops = hop_distances(edges, self.spec.reach)
        lengths = jax.vmap(partial(simple_paths, degree=self.spec.degree, limit=self.spec.reach))(edges)
        cell = PathLSTM(width)
        h = nn.relu(MLP((width, width))(graphs.x))
        for paths in lengths:
            start = unit(h)
            h = nn.relu(start + cell(start, shortest(paths, hops)))
        return pooled(self.spec.pooling, [h], graphs.mask)


class PathNNSPPlus(GraphNetwork):
    """All shortest paths."""

    def encoder(self) -> nn.Module:
        return Encoder(self.spec)

    def loss(self, params: Any, shown: Labelled) -> jax.Array:
        return cross_entropy(self.scores(params, shown.graphs)[0], shown.y, shown.options)
