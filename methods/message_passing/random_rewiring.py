"""Random edges beside the given ones, then messages pass: rewiring without learning.

**Source**: the control of Qian, Manolache, Ahmed, Zeng, Van den Broeck, Niepert and Morris, "Probabilistically Rewired
Message-Passing Neural Networks", 2024, https://arxiv.org/abs/2310.02156, whose theory compares with it.

    edges into i: k of all nodes, drawn evenly
    answer = mean over draws of GIN(A + drawn edges)

**Differs from the paper**: 1. graphs are judged with one draw that is the same at every checkpoint.

**Shapes**: b graphs, n nodes, s draws, d features, o outputs a node.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks.graphs import GinConv
from toybench.methods.message_passing._network import GraphNetwork, Layers, needs_edges
from toybench.tasks.message_passing import Spec

TAKEN = 2.0  # above all uniform numbers: places from which no edge comes


def random_edges(mask: jax.Array, k: int, draws: int, key: jax.Array) -> jax.Array:
    """k edges into every node from nodes of `mask` [b, n] other than itself, float [s, b, n, n]."""
    b, n = mask.shape
    loops = jnp.eye(n, dtype=bool)[None]
    uniform = jnp.where(loops | ~mask[:, None, :], TAKEN, jax.random.uniform(key, (draws, b, n, n)))
    return (uniform <= jnp.sort(uniform, axis=-1)[..., k - 1, None]).astype(uniform.dtype)


class Network(linen.Module):
    """Draws, and a GIN on the graph with the drawn edges."""

    layers: int
    width: int
    outputs: int
    k: int
    draws: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array, key: jax.Array | None = None) -> jax.Array:
        if key is None:
            new = random_edges(mask, self.k, 1, jax.random.key(0))
        else:
            new = random_edges(mask, self.k, self.draws, key)
        gin = Layers(layer=GinConv, layers=self.layers, width=self.width, outputs=self.outputs, residual=True)
        copies = jnp.broadcast_to(x[None], (len(new), *x.shape))
        return gin(edges[None] + new, copies).mean(0)


class RandomRewiring(GraphNetwork):
    """New edges without a score."""

    k: int = 1  # new edges into every node, 1 or more
    draws: int = 1  # graphs drawn a step, 1 or more
    layers: int = 2  # message-passing layers, 1 or more

    def fits(self, spec: Spec) -> str | None:
        return needs_edges(spec)

    @property
    def network(self) -> Network:
        return Network(
            layers=self.layers,
            width=self.spec.width,
            outputs=self.spec.outputs,
            k=self.k,
            draws=self.draws,
        )
