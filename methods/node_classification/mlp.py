"""Dense layers on a node's own features, blind to the graph: the control of every claim about edges.

**Source**: Rumelhart, Hinton and Williams, "Learning Representations by Back-propagating Errors", 1986,
https://www.nature.com/articles/323533a0; here as deep as the graph networks.

    h <- relu(h W_l)

**Differs from the paper**: 1. ReLU, cross-entropy and AdamW, as everywhere in this study.

**Shapes**: n nodes, d features, w hidden units, c classes.
"""

import flax.linen as nn
import jax

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
    """As many layers as a graph network has."""

    spec: NodeSpec

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        h = encode(self.spec, x)
        h = through(lambda h, w: nn.relu(h @ w), h, stacked(self, self.spec))
        return nn.Dense(self.spec.classes)(h)


class MLP(Supervised):
    """Features alone."""

    space = {"lr": RATES, "decay": DECAYS}

    def network(self) -> Network:
        return Network(self.spec)

    def read(self, graph: Graph) -> Inputs:
        return (graph.x,)
