"""GPR-GNN: predictions at every number of steps, added with learned weights that may be negative.

**Source**: Chien, Peng, Li and Milenkovic, "Adaptive Universal Generalized PageRank Graph Neural Network", 2021,
https://arxiv.org/abs/2006.07988, equation 1; from memory.

    scores = sum_k gamma_k S^k f(x),    gamma_k = alpha (1 - alpha)^k at first, the last (1 - alpha)^K

**Differs from the paper**: 1. No dropout. 2. Weights gamma have no weight decay, as we remember the authors' code.

**Shapes**: n nodes, d features, w hidden units, c classes.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks import graphs
from toybench.methods.node_classification._nodes import RATES, Inputs, Supervised, encode
from toybench.tasks.node_classification import Graph, NodeSpec


class Network(nn.Module):
    """One hidden layer, then a learned polynomial of the graph."""

    spec: NodeSpec
    hops: int
    alpha: jax.Array

    @nn.compact
    def __call__(self, smooth: jax.Array, x: jax.Array) -> jax.Array:
        z = nn.Dense(self.spec.classes)(encode(self.spec, x))
        moved = self.param("moved", nn.initializers.zeros, (self.hops + 1,))
        gamma = pagerank(self.alpha, self.hops) + moved
        scores = gamma[0] * z
        for k in range(self.hops):
            z = smooth @ z
            scores = scores + gamma[k + 1] * z
        return scores


def pagerank(alpha: jax.Array, hops: int) -> jax.Array:
    """Weights [K + 1] of personalised PageRank: those of APPNP."""
    powers = (1 - alpha) ** jnp.arange(hops + 1, dtype=jnp.float32)
    return powers.at[:-1].multiply(alpha)


class GPRGNN(Supervised):
    """A polynomial filter in the monomial basis, started as PageRank."""

    decay: float = 5.0  # decoupled weight decay, 0 and above; five times the others', by a pilot
    alpha: float = 0.1  # of the start, 0 to 1; 0.1 to 0.9 in the paper
    hops: int = 10  # degree of the polynomial; 10 in the paper

    space = {"lr": RATES, "alpha": (0.05, 0.1, 0.5, 0.9)}

    def network(self) -> Network:
        return Network(spec=self.spec, hops=self.hops, alpha=self.alpha)

    def read(self, graph: Graph) -> Inputs:
        return graphs.symmetric_normalised(graph.reads), graph.x
