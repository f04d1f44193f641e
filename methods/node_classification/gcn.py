"""Graph convolutional network: each layer reads the normalised sum over a node and its neighbours.

**Source**: Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks", 2017,
https://arxiv.org/abs/1609.02907, equation 2; from memory.

    h <- relu(S h W_l),    S = (D + I)^-1/2 (A + I) (D + I)^-1/2

**Differs from the paper**: 1. A dense layer before the graph layers and one after them, as Eliasof et al. (2022) have
it, so that all methods of this study have the same depth. 2. No dropout.

**Shapes**: n nodes, d features, w hidden units, c classes.
"""

import flax.linen as nn
import jax

from toybench.blocks import graphs
from toybench.methods.node_classification._nodes import (
    DECAYS,
    RATES,
    Inputs,
    Supervised,
    encode,
    stacked,
    through,
)
from toybench.tasks.node_classification import Graph, NodeSpec


class Network(nn.Module):
    """Graph layers with one weight matrix each."""

    spec: NodeSpec

    @nn.compact
    def __call__(self, smooth: jax.Array, x: jax.Array) -> jax.Array:
        h = encode(self.spec, x)
        h = through(lambda h, w: nn.relu(smooth @ h @ w), h, stacked(self, self.spec))
        return nn.Dense(self.spec.classes)(h)


class GCN(Supervised):
    """The plain network, started at random."""

    space = {"lr": RATES, "decay": DECAYS}

    def network(self) -> Network:
        return Network(self.spec)

    def read(self, graph: Graph) -> Inputs:
        return graphs.symmetric_normalised(graph.reads), graph.x
