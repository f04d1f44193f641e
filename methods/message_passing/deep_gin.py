"""Graph isomorphism network of as many layers as the answer is steps away.

**Source**: Xu, Hu, Leskovec and Jegelka, "How Powerful are Graph Neural Networks?", 2019,
https://arxiv.org/abs/1810.00826, equation 4.1 with epsilon 0 (from memory); the baseline that Qian
et al. (2023) make as deep as their trees.

    h_i <- norm(h_i + relu(MLP(h_i + sum_j A_ij h_j)))

**Differs from the paper**: 1. the sum of a layer's input and output is normalised, in place of batches, as in the
networks for trees of Qian et al. (`models/downstream_models/tree_gnn.py`). 2. Answers are read from the last layer.

**Shapes**: b graphs, n nodes, d features, o outputs a node.
"""

import flax.linen as linen
import jax

from toybench.blocks.graphs import GinConv
from toybench.methods.message_passing._network import GraphNetwork, Layers, needs_edges
from toybench.tasks.message_passing import Spec


class Network(linen.Module):
    """Reads the edges as they are."""

    layers: int
    width: int
    outputs: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array, key: jax.Array | None = None) -> jax.Array:
        return Layers(layer=GinConv, layers=self.layers, width=self.width, outputs=self.outputs, residual=True)(
            edges, x
        )


class DeepGIN(GraphNetwork):
    """Sums over neighbours, until the answer is reached."""

    def fits(self, spec: Spec) -> str | None:
        return needs_edges(spec)

    @property
    def network(self) -> Network:
        return Network(layers=self.spec.reach, width=self.spec.width, outputs=self.spec.outputs)
