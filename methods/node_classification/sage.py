"""GraphSAGE: a node's own features next to its neighbours' mean, each with weights of its own.

**Source**: Hamilton, Ying and Leskovec, "Inductive Representation Learning on Large Graphs", 2017,
https://arxiv.org/abs/1706.02216, algorithm 1 with the mean aggregator; from memory.

    h <- relu(W_l [h, D^-1 A h])

**Differs from the paper**: 1. All neighbours are read, none sampled. 2. Layers' outputs aren't scaled to unit length.

**Shapes**: n nodes, d features, w hidden units, c classes.
"""

import flax.linen as nn
import jax

from toybench.blocks import graphs
from toybench.methods.node_classification._nodes import DECAYS, RATES, Inputs, Supervised, encode
from toybench.tasks.node_classification import Graph, NodeSpec


class Network(nn.Module):
    """Layers with twice the weights of a GCN's."""

    spec: NodeSpec

    @nn.compact
    def __call__(self, mean: jax.Array, x: jax.Array) -> jax.Array:
        h = encode(self.spec, x)
        for _ in range(self.spec.depth):
            h = nn.relu(graphs.SageConv(self.spec.width)(mean, h))
        return nn.Dense(self.spec.classes)(h)


class SAGE(Supervised):
    """Separate ego weights."""

    space = {"lr": RATES, "decay": DECAYS}

    def network(self) -> Network:
        return Network(self.spec)

    def read(self, graph: Graph) -> Inputs:
        return graphs.row_normalised(graph.reads), graph.x
