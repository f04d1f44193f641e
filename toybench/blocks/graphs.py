"""Small dense graphs: normalised adjacency, random block models, colour refinement, and layers that read neighbours.

A graph is `edges [..., n, n]`, 0 or 1: the row receives from the column. Shapes: n nodes, d features, c classes,
r kinds of edges, e features of an edge; leading axes where "..." stands.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.nn import MLP

HIDDEN = -1  # the label that a learner sees where it isn't to know it
LEAK = 0.2  # slope of attention scores below 0, Velickovic et al. (2018)
FAR = -1e9  # a score that no softmax keeps
MIX = (0x85EBCA6B, 0xC2B2AE35)  # multipliers of MurmurHash3's finalizer
STRIDE = 0x9E3779B9  # an odd number that tells kinds of edges apart: 2^32 over the golden ratio


def symmetrised(edges: jax.Array) -> jax.Array:
    """An edge in both directions where there is one in either."""
    return jnp.maximum(edges, jnp.swapaxes(edges, -1, -2))


def symmetric_normalised(edges: jax.Array, loops: bool = True) -> jax.Array:
    """D^-1/2 A D^-1/2, [..., n, n], of the graph with a loop at every node; a node without edges reads nothing."""
    if loops:
        edges = edges + jnp.broadcast_to(jnp.eye(edges.shape[-1]), edges.shape)
    receiving = _inverse_root(edges.sum(-1, keepdims=True))
    sending = _inverse_root(edges.sum(-2, keepdims=True))
    return receiving * edges * sending


def row_normalised(edges: jax.Array) -> jax.Array:
    """D^-1 A, [..., n, n]: the mean over those that a node receives from; 0 where there are none."""
    degrees = edges.sum(-1, keepdims=True)
    return edges / jnp.where(degrees > 0, degrees, 1.0)


def _inverse_root(degrees: jax.Array) -> jax.Array:
    return jnp.where(degrees > 0, jnp.where(degrees > 0, degrees, 1.0) ** -0.5, 0.0)


def block_rates(weights: jax.Array, shares: jax.Array, degree: float, count: int) -> jax.Array:
    """Edge probabilities [c, c] in proportion to `weights` [c, c], such that a node has `degree` edges on average.

    The mean is over the nodes, of which class a has `shares[a] * count`. Rates above 1 are the caller's to avoid.
    """
    pairs = count * shares @ weights @ shares - shares @ jnp.diagonal(weights)
    return weights * (degree / pairs)


def block_model(
    key: jax.Array, labels: jax.Array, rates: jax.Array, factors: jax.Array | None = None, directed: bool = False
) -> jax.Array:
    """A stochastic block model: edges [n, n] between nodes of classes `labels` int32 [n], without loops.

    Node i of class a receives from node j of class b with probability rates[a, b] * factors[i] * factors[j], at most 1
    (`factors` [n]: expected degrees over their mean; all 1 if not given). Undirected, it reads the rates' upper
    triangle of node pairs and makes them symmetric.
    """
    chances = rates[labels[:, None], labels[None, :]]
    if factors is not None:
        chances = chances * factors[:, None] * factors[None, :]
    drawn = (jax.random.uniform(key, chances.shape) < chances).astype(chances.dtype)
    if directed:
        return drawn * (1 - jnp.eye(len(labels)))
    upper = jnp.triu(drawn, 1)
    return upper + upper.T


def known_nodes(key: jax.Array, labels: jax.Array, each: int) -> jax.Array:
    """1 for `each` random nodes of every class (all of a smaller one), 0 for the others: float [n]."""
    noise = jax.random.uniform(key, labels.shape)
    before = (labels[:, None] == labels[None, :]) & (noise[None, :] < noise[:, None])
    return (before.sum(1) < each).astype(noise.dtype)


def block_marginals(
    edges: jax.Array,
    evidence: jax.Array,
    rates: jax.Array,
    rounds: int = 15,
    damping: float = 0.3,
    directed: bool = False,
) -> jax.Array:
    """Marginal class probabilities [n, c] of a block model's nodes by belief propagation.

    Exact where two nodes are all there is, and near the posterior in sparse graphs. Edges and non-edges both speak.
    `evidence` [n, c] holds the logarithms of what else is known of a node: features' likelihood, prior, label. `rates`
    [c, c] as in `block_model`. `damping` is the weight of a message's old value, 0 to 1.
    """
    count = len(edges)
    absent = 1 - rates
    if directed:  # an edge from j to i is 1, from i to j 2
        kind = edges + 2 * edges.T
        factors = [absent * absent.T, rates * absent.T, absent * rates.T, rates * rates.T]
    else:
        kind = edges
        factors = [absent, rates]
    chosen = [(kind == float(k)).astype(rates.dtype)[:, :, None] for k in range(len(factors))]
    others = (1 - jnp.eye(count))[:, :, None]

    def arriving(messages: jax.Array) -> jax.Array:
        """Logarithms [n, n, c] of what i hears from j of i's class; messages[i, j] is what j sends to i."""
        heard = sum(mask * (messages @ factor.T) for mask, factor in zip(chosen, factors, strict=True))
        return jnp.log(jnp.maximum(heard, jnp.finfo(rates.dtype).tiny)) * others

    def sweep(messages: jax.Array, _: None) -> tuple[jax.Array, None]:
        logs = arriving(messages)
        total = evidence + logs.sum(1)
        leaving = jax.nn.softmax(total[:, None, :] - logs, axis=-1)  # [from, to, c]
        return (1 - damping) * jnp.swapaxes(leaving, 0, 1) + damping * messages, None

    start = jnp.broadcast_to(jax.nn.softmax(evidence, axis=-1)[None], (count, count, rates.shape[0]))
    messages, _ = jax.lax.scan(sweep, start, None, length=rounds)
    return jax.nn.softmax(evidence + arriving(messages).sum(1), axis=-1)


def colours(edges: jax.Array, labels: jax.Array, rounds: int) -> jax.Array:
    """Weisfeiler-Lehman colours, uint32 [rounds + 1, n], of a graph with edges [r, n, n] and labels [n].

    A round hashes a node's colour with the multiset of its neighbours' colours, kind by kind. The hash of a multiset is
    the sum of its elements' hashes modulo 2^32: it doesn't depend on their order, and the same structures have the same
    colour in every graph.
    """
    kinds = edges.shape[0]
    strides = jnp.arange(1, kinds + 1, dtype=jnp.uint32) * jnp.uint32(STRIDE)
    whole = edges.astype(jnp.uint32)

    def refine(colour: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        told = _mix(colour[None, :] + strides[:, None])  # [r, n]
        heard = (whole * told[:, None, :]).sum(-1, dtype=jnp.uint32)  # [r, n]
        refined = _mix(3 * _mix(colour) + _mix(heard + strides[:, None]).sum(0, dtype=jnp.uint32))
        return refined, refined

    first = _mix(labels.astype(jnp.uint32))
    _, later = jax.lax.scan(refine, first, None, length=rounds)
    return jnp.concatenate([first[None], later])


def colour_counts(colour: jax.Array, mask: jax.Array, bins: int) -> jax.Array:
    """How many of a graph's nodes have colours [n] in each of `bins` classes modulo their number: [bins]."""
    cells = (colour % jnp.uint32(bins)).astype(jnp.int32)
    return jnp.zeros(bins).at[cells].add(mask)


def _mix(x: jax.Array) -> jax.Array:
    """A bijection of 32-bit numbers that scatters them: MurmurHash3's finalizer after a shift away from 0."""
    x = x + jnp.uint32(STRIDE)
    x = (x ^ (x >> 16)) * jnp.uint32(MIX[0])
    x = (x ^ (x >> 13)) * jnp.uint32(MIX[1])
    return x ^ (x >> 16)


def read_out(h: jax.Array, mask: jax.Array, how: str = "mean") -> jax.Array:
    """One vector [..., d] a graph from its nodes' [..., n, d]; `mask` [..., n] is 1 for nodes that exist."""
    present = mask[..., None]
    if how == "max":
        return jnp.where(present > 0, h, FAR).max(-2)
    total = (h * present).sum(-2)
    if how == "sum":
        return total
    if how == "mean":
        return total / jnp.maximum(mask.sum(-1, keepdims=True), 1.0)
    raise ValueError(f"read_out knows mean, sum and max; it got {how!r}.")


class GraphConv(nn.Module):
    """Reads h [..., n, d] with weights `reads` [..., n, n], such as a normalised adjacency (Kipf & Welling, 2017)."""

    width: int

    @nn.compact
    def __call__(self, reads: jax.Array, h: jax.Array) -> jax.Array:
        return nn.Dense(self.width)(reads @ h)


class SageConv(nn.Module):
    """A node's own features next to what it reads, each with weights of its own (Hamilton et al., 2017)."""

    width: int

    @nn.compact
    def __call__(self, reads: jax.Array, h: jax.Array) -> jax.Array:
        return nn.Dense(self.width)(jnp.concatenate([h, reads @ h], axis=-1))


class AttentionConv(nn.Module):
    """Attention over neighbours and the node itself, one head (GAT, Velickovic et al., 2018)."""

    width: int

    @nn.compact
    def __call__(self, edges: jax.Array, h: jax.Array) -> jax.Array:
        values = nn.Dense(self.width)(h)
        receiver = nn.Dense(1, use_bias=False)(values)
        sender = nn.Dense(1, use_bias=False)(values)
        scores = nn.leaky_relu(receiver + jnp.swapaxes(sender, -1, -2), LEAK)
        loops = jnp.broadcast_to(jnp.eye(edges.shape[-1]), edges.shape)
        return nn.softmax(jnp.where(edges + loops > 0, scores, FAR), axis=-1) @ values


class GinConv(nn.Module):
    """A two-layer network of a node's own features plus its neighbours' sum (GIN-0, Xu et al., 2019)."""

    width: int

    @nn.compact
    def __call__(self, edges: jax.Array, h: jax.Array) -> jax.Array:
        return MLP((self.width, self.width))(h + edges @ h)


class EdgeConv(nn.Module):
    """Messages relu(a h_i + b h_j + c e_ij), summed over neighbours j, next to the node's own features.

    The second layer of a message's network is the layer after the sum, which is linear in it. `features` is
    [..., n, n, e] (Gilmer et al., 2017; Battaglia et al., 2018).
    """

    width: int

    @nn.compact
    def __call__(self, edges: jax.Array, h: jax.Array, features: jax.Array) -> jax.Array:
        receiver = nn.Dense(self.width)(h)[..., :, None, :]
        sender = nn.Dense(self.width, use_bias=False)(h)[..., None, :, :]
        messages = nn.relu(receiver + sender + nn.Dense(self.width, use_bias=False)(features))
        heard = (edges[..., None] * messages).sum(-2)
        return nn.Dense(self.width)(jnp.concatenate([h, heard], axis=-1))
