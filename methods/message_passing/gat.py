"""Graph attention network: a node weighs its neighbours by features of both.

**Source**: Velickovic, Cucurull, Casanova, Romero, Lio and Bengio, "Graph Attention Networks", 2018,
https://arxiv.org/abs/1710.10903, equations 1 to 4 (from memory); the baseline of Finkelshtein et al. (2023).

    h_i <- relu(sum_j softmax_j(leaky(a . W h_i + c . W h_j)) W h_j),    j the neighbours of i and i itself

**Differs from the paper**: 1. one head. 2. Relu in place of elu. 3. No dropout.

**Shapes**: b graphs, n nodes, d features, o outputs a node.
"""

import flax.linen as linen
import jax

from toybench.blocks.graphs import AttentionConv
from toybench.methods.message_passing._network import GraphNetwork, Layers, needs_edges
from toybench.tasks.message_passing import Spec


class Network(linen.Module):
    """Reads the edges as they are."""

    layers: int
    width: int
    outputs: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array, key: jax.Array | None = None) -> jax.Array:
        return Layers(layer=AttentionConv, layers=self.layers, width=self.width, outputs=self.outputs)(edges, x)


class GAT(GraphNetwork):
    """Attention over neighbours."""

    layers: int = 2  # message-passing layers, 1 or more

    def fits(self, spec: Spec) -> str | None:
        return needs_edges(spec)

    @property
    def network(self) -> Network:
        return Network(layers=self.layers, width=self.spec.width, outputs=self.spec.outputs)
