"""Graph isomorphism network with one more node, to which all others are linked.

**Source**: Gilmer, Schoenholz, Riley, Vinyals and Dahl, "Neural Message Passing for Quantum Chemistry", 2017,
https://arxiv.org/abs/1704.01212, section 5.2 on a master node; in the form of Hu et al., "Open Graph Benchmark", 2020,
https://arxiv.org/abs/2005.00687 (both from memory).

    v <- relu(MLP(v + sum_i h_i));  h <- h + v;  h <- norm(h + relu(GIN(A, h)))

**Differs from the paper**: 1. sums are normalised by layer. 2. v starts at 0 and hears the nodes before they hear
it; answers are read from h with v added.

**Shapes**: b graphs, n nodes, d features, o outputs a node.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks.attention import Norm
from toybench.blocks.graphs import GinConv, read_out
from toybench.blocks.nn import MLP
from toybench.methods.message_passing._network import GraphNetwork, needs_edges
from toybench.tasks.message_passing import Spec


class Network(linen.Module):
    """Layers along edges, and one node that hears all and is heard by all."""

    layers: int
    width: int
    outputs: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array, key: jax.Array | None = None) -> jax.Array:
        present = mask.astype(x.dtype)
        h = linen.relu(linen.Dense(self.width)(x))
        v = jnp.zeros((len(x), self.width))
        for _ in range(self.layers):
            v = linen.relu(MLP((self.width, self.width))(v + read_out(h, present, how="sum")))
            h = h + v[:, None, :]
            h = Norm()(h + linen.relu(GinConv(self.width)(edges, h)))
        v = linen.relu(MLP((self.width, self.width))(v + read_out(h, present, how="sum")))
        return linen.Dense(self.outputs)(h + v[:, None, :])


class VirtualNode(GraphNetwork):
    """All nodes are two steps from one another."""

    layers: int = 2  # message-passing layers, 1 or more

    def fits(self, spec: Spec) -> str | None:
        return needs_edges(spec)

    @property
    def network(self) -> Network:
        return Network(layers=self.layers, width=self.spec.width, outputs=self.spec.outputs)
