"""A network whose nodes read their own features and their neighbours' sum.

**Source**: the baseline of Finkelshtein, Huang, Bronstein and Ceylan, "Cooperative Graph Neural Networks", 2024,
https://arxiv.org/abs/2310.01267, in the authors' code `WeightedGNNConv` of `models/layers.py` with the sum.

    h_i <- relu(W [h_i ; sum_j A_ij h_j] + b)

**Differs from the paper**: 1. no dropout.

**Shapes**: b graphs, n nodes, d features, o outputs a node.
"""

import flax.linen as linen
import jax

from toybench.blocks.graphs import SageConv
from toybench.methods.message_passing._network import GraphNetwork, Layers, needs_edges
from toybench.tasks.message_passing import Spec


class Network(linen.Module):
    """Reads sums."""

    layers: int
    width: int
    outputs: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array, key: jax.Array | None = None) -> jax.Array:
        return Layers(layer=SageConv, layers=self.layers, width=self.width, outputs=self.outputs)(edges, x)


class SumGNN(GraphNetwork):
    """Sums over neighbours, next to a node's own features."""

    layers: int = 2  # message-passing layers, 1 or more

    def fits(self, spec: Spec) -> str | None:
        return needs_edges(spec)

    @property
    def network(self) -> Network:
        return Network(layers=self.layers, width=self.spec.width, outputs=self.spec.outputs)
