"""APPNP: a network of a node's own features predicts, then predictions walk over the graph and return.

**Source**: Klicpera, Bojchevski and Gunnemann, "Predict then Propagate: Graph Neural Networks meet Personalized
PageRank", 2019, https://arxiv.org/abs/1810.05997, equation 4; from memory.

    z_0 = f(x);    z <- (1 - alpha) S z + alpha z_0, ten times

**Differs from the paper**: 1. No dropout on features or edges.

**Shapes**: n nodes, d features, w hidden units, c classes.
"""

import flax.linen as nn
import jax

from toybench.blocks import graphs
from toybench.methods.node_classification._nodes import RATES, Inputs, Supervised, encode
from toybench.tasks.node_classification import Graph, NodeSpec


class Network(nn.Module):
    """One hidden layer, then steps without weights."""

    spec: NodeSpec
    hops: int
    alpha: jax.Array

    @nn.compact
    def __call__(self, smooth: jax.Array, x: jax.Array) -> jax.Array:
        own = nn.Dense(self.spec.classes)(encode(self.spec, x))
        z = own
        for _ in range(self.hops):
            z = (1 - self.alpha) * (smooth @ z) + self.alpha * own
        return z


class APPNP(Supervised):
    """Predictions that are spread."""

    alpha: float = 0.1  # chance to return at a step, 0 to 1; 0.1 in the paper
    hops: int = 10  # steps; 10 in the paper

    space = {"lr": RATES, "alpha": (0.02, 0.05, 0.1, 0.3)}

    def network(self) -> Network:
        return Network(spec=self.spec, hops=self.hops, alpha=self.alpha)

    def read(self, graph: Graph) -> Inputs:
        return graphs.symmetric_normalised(graph.reads), graph.x
