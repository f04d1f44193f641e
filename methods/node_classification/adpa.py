"""ADPA: features are spread along six directed patterns, and attention weighs hops and patterns.

**Source**: Sun, Li, Wu, Su, Li and Wang, "Breaking the Entanglement of Homophily and Heterophily in Semi-supervised
Node Classification", 2023, https://arxiv.org/abs/2312.04111, in the authors' code of ADPA, `operators/utils.py`
(`adj_to_directed_ADPA_norm`), `operators/base_operator.py`, `operators/message_operator/adpa_message_operator.py`
(`original_attention`) and `models/base_scalable/complex_models.py` (`simple_attention`).

    P in {A + I, A' + I, AA, A'A', AA', A'A}, normalised; x_P,k = (1 - log k) P x_P,(k-1)
    m_P = sum_k softmax_k sigmoid(a_P . [x_P,0 .. x_P,K, x_P,k]) x_P,k
    scores = W [w_P relu(W_P m_P)]_P, with x itself as a seventh pattern

`graph` says which A: that of the task, its symmetric version, or whichever AMUD's statistic recommends.

**Differs from the paper**: 1. D^-1/2 on both sides, where the code tunes the exponent. 2. No dropout; pattern
weights start at 1, not at random. 3. AMUD's statistic is our own reading of the abstract, as the authors' code lacks
it: how far the four two-step patterns differ in their squared correlation with sharing a label, over pairs of labelled
nodes, 1 - least / most; directed above 0.5.

**Shapes**: p patterns, k hops and the start, n nodes, d features, w hidden units, c classes.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.graphs import HIDDEN
from toybench.methods.node_classification._nodes import RATES, Inputs, Supervised
from toybench.tasks.node_classification import Graph, NodeSpec

SWITCH = 0.5  # of the statistic: half way between equal patterns and one that carries nothing


class Network(nn.Module):
    """Attention over hops, one layer a pattern, a weight a pattern."""

    spec: NodeSpec

    @nn.compact
    def __call__(self, spread: jax.Array, x: jax.Array) -> jax.Array:
        patterns, hops, n, d = spread.shape
        whole = jnp.swapaxes(spread, 1, 2).reshape(patterns, n, hops * d)
        own = Each(patterns=patterns, width=1)(spread.reshape(patterns, hops * n, d)).reshape(patterns, hops, n, 1)
        ask = Each(patterns=patterns, width=1)(whole)[:, None] + own
        mixed = (nn.softmax(nn.sigmoid(ask), axis=1) * spread).sum(1)
        branches = jnp.concatenate([mixed, x[None]])
        h = nn.relu(Each(patterns=patterns + 1, width=self.spec.width)(branches))
        h = self.param("scale", nn.initializers.ones, (patterns + 1, 1, 1)) * h
        return nn.Dense(self.spec.classes)(jnp.swapaxes(h, 0, 1).reshape(n, -1))


class Each(nn.Module):
    """A linear layer of its own for every pattern: [p, n, d] to [p, n, width]."""

    patterns: int
    width: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        w = self.param("kernel", nn.initializers.zeros, (self.patterns, x.shape[-1], self.width))
        return x @ w + self.param("bias", nn.initializers.zeros, (self.patterns, 1, self.width))


def directed_patterns(edges: jax.Array) -> jax.Array:
    """A, A', AA, A'A', AA', A'A as counts of walks, [6, n, n]."""
    back = edges.T
    return jnp.stack([edges, back, edges @ edges, back @ back, edges @ back, back @ edges])


def normalised_patterns(edges: jax.Array) -> jax.Array:
    """The same with loops in the first two, D^-1/2 P D^-1/2 with D of rows on both sides, [6, n, n]."""
    eye = jnp.eye(len(edges))
    counts = directed_patterns(edges)
    counts = counts.at[:2].add(jnp.broadcast_to(eye[None], (2, *eye.shape)))
    degrees = counts.sum(2)
    root = jnp.where(degrees > 0, jnp.where(degrees > 0, degrees, 1.0) ** -0.5, 0.0)
    return root[:, :, None] * counts * root[:, None, :]


def direction_matters(edges: jax.Array, y: jax.Array) -> jax.Array:
    """1 - least / most of the squared correlations of two-step patterns with a shared label: [], 0 to 1."""
    known = (y != HIDDEN).astype(edges.dtype)
    pairs = known[:, None] * known[None, :] * (1 - jnp.eye(len(y)))
    same = (y[:, None] == y[None, :]).astype(edges.dtype)
    met = (directed_patterns(edges)[2:] > 0).astype(edges.dtype)

    def centred(a: jax.Array) -> jax.Array:
        return pairs[None] * (a - (pairs[None] * a).sum((1, 2), keepdims=True) / pairs.sum())

    moved = centred(met)
    target = centred(same[None])
    tiny = jnp.finfo(edges.dtype).tiny
    share = (moved * target).sum((1, 2)) ** 2 / jnp.maximum((moved**2).sum((1, 2)) * (target**2).sum(), tiny)
    return 1 - share.min() / jnp.maximum(share.max(), tiny)


class ADPA(Supervised):
    """A network of directed patterns."""

    decay: float = 5.0  # decoupled weight decay, 0 and above; five times the others', by a pilot
    graph: str = "directed"  # directed, undirected, or amud: what the statistic says
    hops: int = 2  # times that a pattern is applied; 2 in the authors' code

    space = {"lr": RATES, "hops": (1, 2, 3, 4)}

    def network(self) -> Network:
        return Network(self.spec)

    def read(self, graph: Graph) -> Inputs:
        patterns = normalised_patterns(self.edges(graph))
        spread = [jnp.broadcast_to(graph.x[None], (len(patterns), *graph.x.shape))]
        for hop in range(1, self.hops + 1):
            spread.append((1 - jnp.log(hop)) * (patterns @ spread[-1]))
        return jnp.stack(spread, 1), graph.x

    def edges(self, graph: Graph) -> jax.Array:
        """The A of all patterns."""
        if self.graph == "directed":
            return graph.edges
        if self.graph == "undirected":
            return graph.reads
        return jnp.where(direction_matters(graph.edges, graph.y) > SWITCH, graph.edges, graph.reads)
