"""The trainer of the study: what a method adds is its forward pass, and what that reads of the graph.

Weights descend by AdamW, its rate by a cosine to 0, on the mean cross-entropy of the labelled nodes. Weight decay acts
on kernels, and on shifts from the identity, never on biases, scales or filter coefficients.

Shapes: n nodes, d features, c classes, w hidden units, l layers.
"""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import graphs, optim
from toybench.blocks.graphs import HIDDEN
from toybench.blocks.random import normals
from toybench.tasks.node_classification import Graph, NodeSpec

Params = Any  # of a network: a pytree of float arrays
Inputs = tuple[jax.Array, ...]
DECAYED = ("kernel", "shift")
RATES = (0.003, 0.01, 0.03, 0.1, 0.3)  # of every method
DECAYS = (0.1, 1.0, 3.0, 10.0)  # of methods without a knob of their own


class State(NamedTuple):
    """Weights, what the network reads, the optimiser's state, and steps taken."""

    params: Params
    inputs: Inputs
    adam: optax.OptState
    taken: jax.Array


def start(network: nn.Module, key: jax.Array, inputs: Inputs) -> Params:
    """Weights before the first step: kernels N(0, 1 / fan-in) from one draw, all else as the network says."""
    own = network.init(jax.random.key(0), *inputs)
    leaves, tree = jax.tree_util.tree_flatten_with_path(own)
    names = [jax.tree_util.keystr(path) for path, _ in leaves]
    kernels = {name: leaf.shape for name, (path, leaf) in zip(names, leaves, strict=True) if path[-1].key == "kernel"}
    noise = normals(key, **kernels)
    filled = [
        noise[name] * leaf.shape[-2] ** -0.5 if name in noise else leaf
        for name, (_, leaf) in zip(names, leaves, strict=True)
    ]
    return jax.tree_util.tree_unflatten(tree, filled)


def decayed(params: Params) -> Params:
    """Which parameters weight decay acts on."""
    return jax.tree_util.tree_map_with_path(lambda path, _: path[-1].key in DECAYED, params)


def adamw(lr: Any, decay: Any, steps: int) -> optax.GradientTransformation:
    """AdamW whose rate falls to 0 by a cosine."""
    schedule = optax.cosine_decay_schedule(lr, steps)
    return optim.lenient(optax.adamw(schedule, weight_decay=decay, mask=decayed))


def losses(scores: jax.Array, y: jax.Array) -> jax.Array:
    """Cross-entropy of every node, 0 where its label is hidden: [n]."""
    known = (y != HIDDEN).astype(scores.dtype)
    chosen = jnp.take_along_axis(jax.nn.log_softmax(scores), jnp.maximum(y, 0)[:, None], axis=1)[:, 0]
    return -known * chosen


def cross_entropy(scores: jax.Array, y: jax.Array) -> jax.Array:
    """Mean over the labelled nodes: []."""
    return losses(scores, y).sum() / (y != HIDDEN).astype(scores.dtype).sum()


class NodeTrainer(Method):
    """Training of a network; a subclass says which network, what it reads, and what the loss is."""

    lr: float = 0.01  # learning rate, above 0; decays to 0 by a cosine
    decay: float = 1.0  # decoupled weight decay: a step multiplies by 1 - lr decay; 0 and above

    @abc.abstractmethod
    def network(self) -> nn.Module:
        """The forward pass: inputs to scores [n, c]."""

    @abc.abstractmethod
    def read(self, graph: Graph) -> Inputs:
        """What the network reads of the graph; computed once, before the first step."""

    @abc.abstractmethod
    def loss(self, params: Params, inputs: Inputs, taken: jax.Array, key: jax.Array) -> jax.Array:
        """What the weights go down on: []."""

    def init(self, key: jax.Array) -> State:
        inputs = self.read(self.given)
        params = start(self.network(), key, inputs)
        adam = adamw(self.lr, self.decay, self.steps).init(params)
        return State(params=params, inputs=inputs, adam=adam, taken=jnp.zeros((), jnp.int32))

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        gradient = jax.grad(self.loss)(state.params, state.inputs, state.taken, key)
        rule = adamw(self.lr, self.decay, self.steps)
        params, adam = optim.descend(rule, gradient, state.adam, state.params)
        return State(params=params, inputs=state.inputs, adam=adam, taken=state.taken + 1)

    def node_scores(self, state: State) -> jax.Array:
        return self.network().apply(state.params, *state.inputs)


class Supervised(NodeTrainer):
    """Plain cross-entropy."""

    def loss(self, params: Params, inputs: Inputs, taken: jax.Array, key: jax.Array) -> jax.Array:
        return cross_entropy(self.network().apply(params, *inputs), self.given.y)


def encode(spec: NodeSpec, x: jax.Array) -> jax.Array:
    """The layer [n, d] to [n, w] before the graph layers; to be called inside a compact network."""
    return nn.relu(nn.Dense(spec.width)(x))


def stacked(module: nn.Module, spec: NodeSpec, name: str = "kernel") -> jax.Array:
    """Square weights of all graph layers, [l, w, w], so that a scan runs over them; a shift starts at 0."""
    return module.param(name, nn.initializers.zeros, (spec.depth, spec.width, spec.width))


def through(layer: Callable[..., jax.Array], h: jax.Array, weights: Any) -> jax.Array:
    """h after all layers, each of which is layer(h, its weights)."""
    return jax.lax.scan(lambda h, w: (layer(h, w), None), h, weights)[0]


class EgoNeighbours(nn.Module):
    """H2GCN's network: a node's own encoding, twice the means over near and far nodes, one linear layer of all."""

    spec: NodeSpec

    @nn.compact
    def __call__(self, near: jax.Array, far: jax.Array, x: jax.Array) -> jax.Array:
        once = encode(self.spec, x)
        twice = jnp.concatenate([near @ once, far @ once], axis=1)
        thrice = jnp.concatenate([near @ twice, far @ twice], axis=1)
        return nn.Dense(self.spec.classes)(jnp.concatenate([once, twice, thrice], axis=1))


def rings(graph: Graph) -> Inputs:
    """(mean over neighbours, mean over those exactly two steps away, x): what H2GCN reads."""
    near = graph.reads
    reached = (near @ near > 0).astype(near.dtype)
    far = reached * (1 - near) * (1 - jnp.eye(len(near)))
    return graphs.row_normalised(near), graphs.row_normalised(far), graph.x


def neighbour_distance(graph: Graph) -> jax.Array:
    """Mean distance of a node's features to those that it reads, standardised over the labelled nodes: [n]."""
    apart = graph.x[:, None, :] - graph.x[None, :, :]
    distance = jnp.sqrt((apart**2).sum(-1))
    z = (graphs.row_normalised(graph.reads) * distance).sum(1)
    known = (graph.y != HIDDEN).astype(z.dtype)
    mean = (known * z).sum() / known.sum()
    return (z - mean) * jax.lax.rsqrt((known * (z - mean) ** 2).sum() / known.sum())


def edge_scores(u: jax.Array, edges: jax.Array, reach: float) -> jax.Array:
    """exp(-reach |u_i - u_j|) on the given edges [n, n], 0 elsewhere."""
    square = ((u[:, None, :] - u[None, :, :]) ** 2).sum(-1)
    distance = jnp.sqrt(jnp.maximum(square, jnp.finfo(u.dtype).eps))
    return edges * jnp.exp(-reach * distance)


def soft_top(p: jax.Array, k: jax.Array) -> jax.Array:
    """Scores p [n, n], about the k highest of each row: rank r = 0.. is weighed 1 - (1 + tanh(r - k)) / 2."""
    places = jax.lax.broadcasted_iota(p.dtype, p.shape, 1)
    rank = jnp.put_along_axis(jnp.zeros_like(p), jnp.argsort(-p, axis=1), places, axis=1, inplace=False)
    return p * (1 - 0.5 * (1 + jnp.tanh(rank - k[:, None])))
