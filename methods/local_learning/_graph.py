"""What learners on a graph share: graph layers, the network of them and a readout, layers taught by virtual nodes.

One virtual node a class receives from the labelled nodes of that class. Virtual nodes come after the graph's own.
Shapes: n nodes, d features, c classes, h hidden units; layer l maps what it gathers to n_l units.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.random import normals
from toybench.tasks.local_learning import HIDDEN, GraphSpec, Layer, Weights, squash


class State(NamedTuple):
    """Layers and what else is learned, what never changes (`reads` [n, n] among it), Adam's moments."""

    params: Any
    fixed: Any
    opt: Any


class GraphNetwork(Method):
    """Hidden graph layers and a linear readout; a subclass gives `direction`, and what it draws beside the weights."""

    lr: float = 0.01  # Adam's learning rate, decayed to 0 by a cosine

    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1)}

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Random arrays that the rule needs beside the weights."""
        return {}

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        pairs = [*layer_shapes(self.spec, self.spec.features), (self.spec.hidden[-1], self.spec.classes)]
        arrays = normals(key, **{f"w{i}": pair for i, pair in enumerate(pairs)}, **self.shapes)
        params = as_layers([arrays.pop(f"w{i}") for i in range(len(pairs))], self.spec.activation)
        fixed = {"reads": propagation(self.spec.conv, self.given.edges), **arrays}
        return State(params=params, fixed=fixed, opt=self.optimizer.init(params))

    def forward(self, params: Weights, fixed: Any) -> tuple[list[jax.Array], list[jax.Array], jax.Array]:
        """(what each graph layer's weights see, hidden activities, outputs [n, c])."""
        seen, hs = convolve(self.spec, params[:-1], fixed["reads"], self.given.x)
        return seen, hs, hs[-1] @ params[-1].w + params[-1].b[None, :]

    def error(self, z: jax.Array) -> jax.Array:
        """softmax(z) - onehot(y) on labelled nodes, 0 on the others, over the number of labels: [n, c]."""
        known = (self.given.y != HIDDEN).astype(z.dtype)[:, None]
        return known * (jax.nn.softmax(z) - jax.nn.one_hot(self.given.y, z.shape[1])) / known.sum()

    def direction(self, state: State) -> Weights:
        """What takes the gradient's place."""
        raise TypeError(f"{self.name} proposes no weight change; give it a method `direction`.")

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        params, opt = optim.descend(self.optimizer, self.direction(state), state.opt, state.params)
        return State(params=params, fixed=state.fixed, opt=opt)

    def node_scores(self, state: State) -> jax.Array:
        return self.forward(state.params, state.fixed)[2]


class VirtualNodes(Method):
    """A subclass says what every layer is shown, and in which order layers are evaluated."""

    lr: float = 0.01  # Adam's learning rate, decayed to 0 by a cosine
    temperature: float = 20.0  # tau of the softmax over virtual nodes; inputs have mean square 1

    both_ways: bool = False  # edges from virtual nodes back to labelled ones too; the authors' scripts have them

    space = {"lr": (0.003, 0.01), "temperature": (6.0, 20.0, 60.0)}

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def weight_shapes(self) -> list[tuple[int, int]]:
        """Weight shapes of the layers."""
        return layer_shapes(self.spec, self.spec.features)

    def init(self, key: jax.Array) -> Any:
        shapes = {f"w{i}": pair for i, pair in enumerate(self.weight_shapes())}
        arrays = normals(key, **shapes, virtual=(self.spec.classes, self.spec.features))
        x = jnp.concatenate([self.given.x, arrays.pop("virtual")])
        params = as_layers(list(arrays.values()), "relu")
        fixed = {"reads": propagation(self.spec.conv, enlarged(self.given.edges, self.labels, self.both_ways)), "x": x}
        return State(params=params, fixed=fixed, opt=self.optimizer.init(params))

    @property
    def labels(self) -> jax.Array:
        """Known labels as one-hot rows, zeros for hidden ones: [n, c]."""
        return jax.nn.one_hot(self.given.y, self.spec.classes)

    def layer(self, layer: Layer, reads: jax.Array, below: jax.Array) -> jax.Array:
        """relu of a graph layer on what it is shown, [n + c, m] to [n + c, h]; no gradient passes through that."""
        seen = gathered(self.spec.conv, reads, jax.lax.stop_gradient(below))
        return jax.nn.relu(seen @ layer.w + layer.b[None, :])

    def logits(self, h: jax.Array) -> jax.Array:
        """<h_i, h_virtual(k)> / tau, [n + c, h] to [n, c]."""
        n = len(self.given.x)
        return h[:n] @ h[n:].T / self.temperature

    def local_losses(self, activities: list[jax.Array]) -> jax.Array:
        """Cross-entropy of the labelled nodes, summed over layers."""
        return sum((cross_entropy(self.logits(h), self.given.y) for h in activities), jnp.zeros(()))

    def votes(self, activities: list[jax.Array]) -> jax.Array:
        """Class probabilities summed over layers, [n, c]."""
        return jnp.stack([jax.nn.softmax(self.logits(h)) for h in activities]).sum(0)


def propagation(conv: str, edges: jax.Array) -> jax.Array:
    """Weights [n, n] with which a node (row) reads others (columns), from edges [n, n].

    gcn: (d_i d_j)^-1/2 over neighbours and the node itself, d their number; sage: the neighbours' mean.
    """
    if conv == "gcn":
        edges = edges + jnp.eye(len(edges))
        scale = edges.sum(1) ** -0.5
        return edges * scale[:, None] * scale[None, :]
    return edges / jnp.maximum(1.0, edges.sum(1, keepdims=True))


def gathered(conv: str, reads: jax.Array, h: jax.Array) -> jax.Array:
    """What a layer's weights see of features h [n, m]: [n, m] for gcn, [n, 2 m] for sage."""
    return reads @ h if conv == "gcn" else jnp.concatenate([h, reads @ h], axis=1)


def convolve(
    spec: GraphSpec, weights: Weights, reads: jax.Array, x: jax.Array
) -> tuple[list[jax.Array], list[jax.Array]]:
    """([what each layer's weights see], [h_1, ..., h_L]) of the hidden graph layers."""
    seen: list[jax.Array] = []
    hs = [x]
    for layer in weights:
        seen.append(gathered(spec.conv, reads, hs[-1]))
        hs.append(squash(spec.activation, seen[-1] @ layer.w + layer.b[None, :]))
    return seen, hs[1:]


def enlarged(edges: jax.Array, labels: jax.Array, both_ways: bool) -> jax.Array:
    """Edges [n + c, n + c] with one virtual node a class, from edges [n, n] and one-hot labels [n, c]."""
    back = labels if both_ways else jnp.zeros_like(labels)
    classes = jnp.zeros((labels.shape[1],) * 2)
    return jnp.concatenate([jnp.concatenate([edges, back], 1), jnp.concatenate([labels.T, classes], 1)])


def layer_shapes(spec: GraphSpec, inputs: int) -> list[tuple[int, int]]:
    """Weight shapes of the hidden graph layers, for so many input features."""
    times = 1 if spec.conv == "gcn" else 2
    return [(times * m, n) for m, n in pairwise((inputs, *spec.hidden))]


def as_layers(normal: list[jax.Array], activation: str) -> Weights:
    """Layers with weights of variance 1 (tanh) or 2 (relu) over their inputs, from standard normals; zero biases."""
    gain = 1.0 if activation == "tanh" else 2.0
    return tuple(Layer(w=w * (gain / len(w)) ** 0.5, b=jnp.zeros(w.shape[1])) for w in normal)


def changes(seen: list[jax.Array], deltas: list[jax.Array]) -> Weights:
    """Weight changes from what the weights saw, [n, m], and the errors at their outputs, [n, n_l]."""
    return tuple(Layer(w=s.T @ d, b=d.sum(0)) for s, d in zip(seen, deltas, strict=True))


def cross_entropy(logits: jax.Array, y: jax.Array) -> jax.Array:
    """Mean over the nodes whose label y [n] isn't HIDDEN."""
    known = (y != HIDDEN).astype(logits.dtype)
    each = -(jax.nn.log_softmax(logits) * jax.nn.one_hot(y, logits.shape[1])).sum(1)
    return (known * each).sum() / known.sum()
