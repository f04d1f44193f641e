"""Dir-GNN: separate weights for the nodes that a node reads, for those that read it, and for itself.

**Source**: Rossi, Charpentier, Di Giovanni, Frasca, Gunnemann and Bronstein, "Edge Directionality Improves Learning on
Heterophilic Graphs", 2023, https://arxiv.org/abs/2305.10498, section 3; from memory.

    h <- relu(W_s h + W_o R h + W_i R' h),    R the mean along edges, R' against them

**Differs from the paper**: 1. No jumping knowledge, no dropout; the layer is the SAGE variant.

**Shapes**: n nodes, d features, w hidden units, c classes.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks import graphs
from toybench.methods.node_classification._nodes import DECAYS, RATES, Inputs, Supervised, encode
from toybench.tasks.node_classification import Graph, NodeSpec


class Network(nn.Module):
    """Layers of three matrices each."""

    spec: NodeSpec

    @nn.compact
    def __call__(self, along: jax.Array, against: jax.Array, x: jax.Array) -> jax.Array:
        h = encode(self.spec, x)
        for _ in range(self.spec.depth):
            h = nn.relu(nn.Dense(self.spec.width)(jnp.concatenate([h, along @ h, against @ h], axis=1)))
        return nn.Dense(self.spec.classes)(h)


class DirGNN(Supervised):
    """Knows direction; two layers contain all directed patterns of two steps."""

    space = {"lr": RATES, "decay": DECAYS}

    def network(self) -> Network:
        return Network(self.spec)

    def read(self, graph: Graph) -> Inputs:
        return graphs.row_normalised(graph.edges), graphs.row_normalised(graph.edges.T), graph.x
