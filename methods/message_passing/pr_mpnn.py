"""Probabilistically rewired network: edges are drawn from a learnt distribution over subsets, then messages pass.

**Source**: Qian, Manolache, Ahmed, Zeng, Van den Broeck, Niepert and Morris, "Probabilistically Rewired Message-Passing
Neural Networks", 2024, https://arxiv.org/abs/2310.02156, in the authors' code: the scores are `AttentionLayer` of
`models/upstream_models/transformer.py`, drawing and gradient are `simple/simple_scheme.py`, the settings those of
`configs/leafcolor_4/global/topk_20_1_sa_simple.yaml`, the published ones of trees; layers are added to their input and
normalised as in `models/downstream_models/tree_gnn.py`.

    theta_ij = (W e_i) . (V e_j) / sqrt(w)
    edges into i: k of all nodes, with chance prod exp(theta_ij); backwards the exact marginals of being drawn
    answer = mean over draws of GIN(A + drawn edges)

**Differs from the paper**: 1. k edges into every node instead of k edges a graph, one of the policies that the authors
have, for nodes. 2. One GIN on the tree with its new edges instead of one on each. 3. No normalisation of the scores'
weights, nor of batches. 4. The network of the scores embeds nodes for itself.

**Shapes**: b graphs, n nodes, s draws, w width, d features, o outputs a node.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks.graphs import FAR, GinConv
from toybench.blocks.relaxed import inclusion_marginals, sample_subset, straight_through
from toybench.methods.message_passing._network import GraphNetwork, Layers, needs_edges
from toybench.tasks.message_passing import Spec


def scored(theta: jax.Array, mask: jax.Array) -> jax.Array:
    """Scores of candidate edges: not from a node to itself, nor from padding."""
    loops = jnp.eye(theta.shape[-1], dtype=bool)[None]
    return jnp.where(loops | ~mask[:, None, :], FAR, theta)


def drawn_edges(theta: jax.Array, k: int, draws: int, key: jax.Array) -> jax.Array:
    """Subsets of k of every row, [s, b, n, n], with the gradient of their marginals."""
    shape = (draws, *theta.shape)
    rows = jnp.broadcast_to(theta[None], shape).reshape(-1, theta.shape[-1])
    hard = jax.vmap(lambda u, row: sample_subset(u, row, k))(jax.random.uniform(key, rows.shape), rows)
    soft = inclusion_marginals(theta, k)
    return straight_through(hard.reshape(shape), jnp.broadcast_to(soft[None], shape))


def likeliest_edges(theta: jax.Array, k: int) -> jax.Array:
    """The k highest of every row, [1, b, n, n]; of equal ones the first."""
    highest = jax.lax.top_k(theta, k)[1]
    return jax.nn.one_hot(highest, theta.shape[-1]).sum(-2)[None]


class Scores(linen.Module):
    """Scores [b, n, n] of every edge from its two ends."""

    width: int

    @linen.compact
    def __call__(self, x: jax.Array, mask: jax.Array) -> jax.Array:
        e = linen.relu(linen.Dense(self.width)(x))
        receiver = linen.Dense(self.width, use_bias=False)(e)
        sender = linen.Dense(self.width, use_bias=False)(e)
        return scored(receiver @ jnp.swapaxes(sender, -1, -2) / self.width**0.5, mask)


class Network(linen.Module):
    """Scores, draws, and a GIN on the graph with the drawn edges."""

    layers: int
    width: int
    outputs: int
    k: int
    draws: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array, key: jax.Array | None = None) -> jax.Array:
        theta = Scores(self.width)(x, mask)
        new = likeliest_edges(theta, self.k) if key is None else drawn_edges(theta, self.k, self.draws, key)
        gin = Layers(layer=GinConv, layers=self.layers, width=self.width, outputs=self.outputs, residual=True)
        copies = jnp.broadcast_to(x[None], (len(new), *x.shape))
        return gin(edges[None] + new, copies).mean(0)


class PRMPNN(GraphNetwork):
    """New edges by a score of their ends; none is taken away."""

    k: int = 1  # new edges into every node, 1 or more; the authors' 16 a graph are about one a node
    draws: int = 1  # graphs drawn a step, 1 or more; the authors' 1 for trees
    layers: int = 2  # message-passing layers, 1 or more

    paper = "qian2023probabilistically"

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
