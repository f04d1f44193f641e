"""What the networks of this study share: the trainer, and the way from nodes to class scores.

Shapes: b graphs, n nodes, w width, c classes.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.graphs import HIDDEN, read_out, row_normalised
from toybench.blocks.nn import MLP, init
from toybench.tasks.graph_classification import Batch, Graphs, Labelled, Spec, taken

TINY = 1e-12  # added to squares whose root has a gradient
NEVER = -1e9  # the score of a class that isn't an option
SPACE = {"lr": (0.001, 0.003, 0.01, 0.03), "decay": (0.03, 0.3, 3.0)}  # of every network


class State(NamedTuple):
    """Parameters, and the optimiser's state."""

    params: Any
    adam: optax.OptState


def pooled(pooling: str, layers: list[jax.Array], mask: jax.Array) -> jax.Array:
    """One vector [b, ...] a graph from the nodes' states [b, n, w] of all layers."""
    h = jnp.concatenate(layers, axis=-1)
    if pooling == "sum":
        return read_out(h, mask, "sum")
    return jnp.concatenate([read_out(h, mask, "mean"), read_out(h, mask, "max")], axis=-1)


def unit(h: jax.Array) -> jax.Array:
    """Vectors [..., w] of norm 1; 0 stays 0."""
    return h / jnp.sqrt((h**2).sum(-1, keepdims=True) + TINY)


def empty_graphs(spec: Spec) -> Graphs:
    """One graph without edges, for the shapes of parameters."""
    square = (spec.nodes, spec.nodes)
    return Graphs(
        edges=jnp.zeros((1, spec.relations, *square)),
        x=jnp.zeros((1, spec.nodes, spec.features)),
        mask=jnp.ones((1, spec.nodes)),
    )


def cross_entropy(scores: jax.Array, y: jax.Array, options: jax.Array) -> jax.Array:
    """Mean over the graphs with a known label, nats; scores and options [b, c], labels [b]."""
    known = (y != HIDDEN).astype(scores.dtype)
    chances = jax.nn.log_softmax(jnp.where(options > 0, scores, NEVER))
    logs = jnp.take_along_axis(chances, jnp.maximum(y, 0)[:, None], axis=1)[:, 0]
    return -(known * logs).sum() / jnp.maximum(known.sum(), 1.0)


def adamw(lr: Any, decay: Any, steps: int) -> optax.GradientTransformation:
    """AdamW, its rate falling to 0 by a cosine; without steps it is never asked."""
    schedule = optax.cosine_decay_schedule(lr, max(1, steps))
    return optim.lenient(optax.adamw(schedule, weight_decay=decay))


class RelationalEncoder(nn.Module):
    """Layers relu(W_0 h + sum_r W_r (mean over the neighbours by bonds of kind r)), concatenated and read out."""

    spec: Spec

    @nn.compact
    def __call__(self, graphs: Graphs) -> jax.Array:
        reads = row_normalised(graphs.edges)
        h = graphs.x
        layers = []
        for _ in range(self.spec.reach):
            heard = jnp.einsum("brij,bjd->bird", reads, h).reshape(*h.shape[:2], -1)
            h = nn.relu(nn.Dense(self.spec.width)(h) + nn.Dense(self.spec.width, use_bias=False)(heard))
            layers.append(h)
        return pooled(self.spec.pooling, layers, graphs.mask)


class Head(nn.Module):
    """A network of one hidden layer from vectors to scores of the classes, then of the secondary label's."""

    spec: Spec

    @nn.compact
    def __call__(self, vectors: jax.Array) -> jax.Array:
        return MLP((self.spec.width, self.spec.classes + self.spec.coarse))(vectors)


def start(key: jax.Array, encoder: nn.Module, spec: Spec, *inputs: Any) -> dict[str, Any]:
    """Parameters {"encoder", "head"} at the start; `inputs` are what the encoder reads."""
    first, second = jax.random.split(key)
    params = init(encoder, first, *inputs)
    vectors = jax.eval_shape(encoder.apply, params, *inputs)
    return {"encoder": params, "head": init(Head(spec), second, jnp.zeros(vectors.shape))}


class GraphNetwork(Method):
    """An encoder of graphs and a head, trained by AdamW on minibatches; a method says which encoder and which loss."""

    lr: float = 0.01  # learning rate, above 0, decays to 0 by a cosine; 5e-4 in GlycanML's code, 0.001 in PathNN's
    decay: float = 0.3  # AdamW's weight decay, 0 or more; GlycanML's code adds 0.001 of the weights to the gradient

    space = SPACE

    @abc.abstractmethod
    def encoder(self) -> nn.Module:
        """A module from graphs to one vector each, [b, h]."""

    @abc.abstractmethod
    def loss(self, params: Any, shown: Labelled) -> jax.Array:
        """What is descended on a minibatch."""

    def encode(self, params: Any, graphs: Graphs) -> jax.Array:
        """Vectors [b, h] of graphs."""
        return self.encoder().apply(params["encoder"], graphs)

    def scores(self, params: Any, graphs: Graphs) -> tuple[jax.Array, jax.Array]:
        """Scores of the classes [b, c], and of those of the secondary label."""
        both = Head(self.spec).apply(params["head"], self.encode(params, graphs))
        return both[:, : self.spec.classes], both[:, self.spec.classes :]

    def init(self, key: jax.Array) -> State:
        params = start(key, self.encoder(), self.spec, empty_graphs(self.spec))
        return State(params=params, adam=adamw(self.lr, self.decay, self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        shown = taken(self.given, batch.rows)
        gradient = jax.grad(self.loss)(state.params, shown)
        rule = adamw(self.lr, self.decay, self.steps)
        params, adam = optim.descend(rule, gradient, state.adam, state.params)
        return State(params=params, adam=adam)

    def read_out(self, state: State, graphs: Graphs) -> jax.Array:
        return self.encode(state.params, graphs)

    def predict(self, state: State, graphs: Graphs) -> jax.Array:
        return self.scores(state.params, graphs)[0]
