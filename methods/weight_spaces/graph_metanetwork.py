"""Graph metanetwork: message passing on a graph whose edges are a network's parameters.

**Source**: Lim, Maron, Law, Lorraine and Lucas, "Graph Metanetworks for Processing Diverse Neural Architectures",
2023, https://arxiv.org/abs/2312.04501, introduction, figure 1; in https://github.com/cptq/graph_metanetworks by
an author `linear_to_graph`, `norm_to_graph`, `ffn_to_graph` of `gmn/graph_construct/utils.py`, `gmn/encoders.py`,
`EdgeMPNN` of `gmn/graph_models.py`, `DSEdgeReadout` of `gmn/graph_pooling.py`. Code of experiments isn't public.

Nodes are neurons, and for every layer one node for its biases, one for its norm's scales, one for its shifts. Every
parameter is an edge to a neuron, and a residual link is one of value one. A round is

    e <- relu(A [h_source, h_target, e]),  h <- relu(B [h, mean_in relu(C [h_source, e])])

without the first relu in the last round; the answer is a network on mean relu(D e) over all edges.

**Differs from the paper**: 1. layers and types are one-hot, values alone go through a sine. 2. Three rounds of few
channels, without the code's batch normalisation, which it can leave out, too, and without a global feature, which it
doesn't have. 3. The plain rounds of the release, not the residual ones with LayerNorm of which it assembles its
network.

**Shapes**: b networks, l layers, m units, s = m + 4 sources of a neuron's edges, c channels.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from toybench.methods.weight_spaces._regression import LR, Head, OnTensors
from toybench.tasks.weight_spaces import Nets, Spec

ROUNDS = 3  # of message passing
EXTRA = 4  # sources beside the units below: bias, scale, shift, and the unit that a residual link comes from


class GraphMetanetwork(OnTensors):
    """For networks of several layers, of any width."""

    paper = "lim2023graph"
    width: int = 8  # channels of a node and of an edge

    space = {"lr": LR, "width": (4, 6, 8)}

    def fits(self, spec: Spec) -> str | None:
        return None if spec.kind == "mlp" else "its graph is that of layers"

    def module(self) -> nn.Module:
        return Metanetwork(width=self.width)


class Metanetwork(nn.Module):
    """Nets to [b]."""

    width: int

    @nn.compact
    def __call__(self, nets: Nets) -> jax.Array:
        values, mask = edges_of(nets)
        b, layers, _, m = values.shape
        sine = jnp.sin(nn.Dense(self.width)(values[..., None]))
        edges = nn.Dense(self.width)(sine) + nn.Dense(self.width)(jnp.asarray(edge_tags(layers, m)))[None]
        neurons = nn.Dense(self.width)(neuron_tags(nets))
        extra = jnp.broadcast_to(
            nn.Dense(self.width)(jnp.asarray(extra_tags(layers)))[None], (b, layers, EXTRA - 1, self.width)
        )
        for i in range(ROUNDS):
            neurons, extra, edges = Round(width=self.width, last=i == ROUNDS - 1)(neurons, extra, edges, mask)
        shown = nn.relu(nn.Dense(self.width)(edges)) * mask[..., None]
        return Head()(shown.sum((1, 2, 3)) / mask.sum((1, 2, 3))[:, None])


class Round(nn.Module):
    """Edges, then nodes: neurons [b, l + 1, m, c], extra nodes [b, l, 3, c], edges [b, l, s, m, c]."""

    width: int
    last: bool

    @nn.compact
    def __call__(
        self, neurons: jax.Array, extra: jax.Array, edges: jax.Array, mask: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        into = nn.Dense(self.width)
        target = nn.Dense(self.width)(neurons[:, 1:])[:, :, None]
        edges = sources(into(neurons), into(extra)) + target + nn.Dense(self.width)(edges)
        if self.last:  # nothing reads the nodes any more
            return neurons, extra, edges
        edges = nn.relu(edges)
        send = nn.Dense(self.width)
        message = nn.relu(sources(send(neurons), send(extra)) + nn.Dense(self.width)(edges)) * mask[..., None]
        mean = message.sum(2) / jnp.maximum(mask.sum(2), 1.0)[..., None]
        mean = jnp.pad(mean, ((0, 0), (1, 0), (0, 0), (0, 0)))  # nothing comes in to inputs
        own = nn.Dense(self.width)
        return nn.relu(own(neurons) + nn.Dense(self.width)(mean)), nn.relu(own(extra)), edges


def sources(neurons: jax.Array, extra: jax.Array) -> jax.Array:
    """What stands at the source of every edge, [b, l, s, m, c]."""
    below = neurons[:, :-1]
    b, layers, m, c = below.shape
    parts = (below[:, :, :, None], extra[:, :, :, None], below[:, :, None])
    return jnp.concatenate([jnp.broadcast_to(p, (b, layers, p.shape[2], m, c)) for p in parts], axis=2)


def edges_of(nets: Nets) -> tuple[jax.Array, jax.Array]:
    """Values and existence of edges, [b, l, s, m] each."""
    there = nets.mask["bias"]
    linked = nets.residual[:, :, None] * there
    own = ("bias", "scale", "shift")
    values = [nets.weights["weight"], jnp.stack([nets.weights[name] for name in own], axis=2), linked[:, :, None]]
    mask = [nets.mask["weight"], jnp.stack([nets.mask[name] for name in own], axis=2), linked[:, :, None]]
    return jnp.concatenate(values, axis=2), jnp.concatenate(mask, axis=2)


def edge_tags(layers: int, m: int) -> np.ndarray:
    """Layer and type of every edge, one-hot [l, s, m, l + 5]."""
    kinds = np.array([0] * m + list(range(1, EXTRA + 1)))
    tags = np.zeros((layers, m + EXTRA, m, layers + EXTRA + 1), np.float32)
    tags[..., :layers] = np.eye(layers)[:, None, None]
    tags[..., layers:] = np.eye(EXTRA + 1)[kinds][None, :, None]
    return tags


def extra_tags(layers: int) -> np.ndarray:
    """Layer and type of the nodes of biases, scales and shifts, one-hot [l, 3, l + 3]."""
    tags = np.zeros((layers, EXTRA - 1, layers + EXTRA - 1), np.float32)
    tags[..., :layers] = np.eye(layers)[:, None]
    tags[..., layers:] = np.eye(EXTRA - 1)[None]
    return tags


def neuron_tags(nets: Nets) -> jax.Array:
    """Layer of every neuron, which input it is, and whether it is the output, [b, l + 1, m, l + 4]."""
    exists = nets.mask["bias"][:, :, 0]
    b, layers = exists.shape
    m = nets.mask["bias"].shape[-1]
    is_output = exists - jnp.pad(exists[:, 1:], ((0, 0), (0, 1)))
    static = np.zeros((1, layers + 1, m, layers + 3), np.float32)
    static[0, ..., : layers + 1] = np.eye(layers + 1)[:, None]
    static[0, 0, :2, layers + 1 :] = np.eye(2)
    output = jnp.pad(is_output, ((0, 0), (1, 0)))[:, :, None, None]
    tags = jnp.broadcast_to(jnp.asarray(static), (b, *static.shape[1:]))
    return jnp.concatenate([tags, jnp.broadcast_to(output, (b, layers + 1, m, 1))], axis=-1)
