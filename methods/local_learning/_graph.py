"""What learners on a graph share: the network of graph layers and a readout, its initialisation, Adam, the state.

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
from toybench.methods.local_learning._rule import normals
from toybench.tasks.local_learning import Layer
from toybench.tasks.local_learning._nodes import HIDDEN, GraphSpec, convolve, propagation


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
        arrays = normals(key, {f"w{i}": pair for i, pair in enumerate(pairs)} | dict(self.shapes))
        params = as_layers([arrays.pop(f"w{i}") for i in range(len(pairs))], self.spec.activation)
        fixed = {"reads": propagation(self.spec.conv, self.given.edges), **arrays}
        return State(params=params, fixed=fixed, opt=self.optimizer.init(params))

    def forward(self, params: tuple[Layer, ...], fixed: Any) -> tuple[list[jax.Array], list[jax.Array], jax.Array]:
        """(what each graph layer's weights see, hidden activities, outputs [n, c])."""
        seen, hs = convolve(self.spec, params[:-1], fixed["reads"], self.given.x)
        return seen, hs, hs[-1] @ params[-1].w + params[-1].b[None, :]

    def error(self, z: jax.Array) -> jax.Array:
        """softmax(z) - onehot(y) on labelled nodes, 0 on the others, over the number of labels: [n, c]."""
        known = (self.given.y != HIDDEN).astype(z.dtype)[:, None]
        return known * (jax.nn.softmax(z) - jax.nn.one_hot(self.given.y, z.shape[1])) / known.sum()

    def direction(self, state: State) -> tuple[Layer, ...]:
        """What takes the gradient's place."""
        raise TypeError(f"{self.name} proposes no weight change; give it a method `direction`.")

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        params, opt = optim.descend(self.optimizer, self.direction(state), state.opt, state.params)
        return State(params=params, fixed=state.fixed, opt=opt)

    def node_scores(self, state: State) -> jax.Array:
        return self.forward(state.params, state.fixed)[2]


def layer_shapes(spec: GraphSpec, inputs: int) -> list[tuple[int, int]]:
    """Weight shapes of the hidden graph layers, for so many input features."""
    times = 1 if spec.conv == "gcn" else 2
    return [(times * m, n) for m, n in pairwise((inputs, *spec.hidden))]


def as_layers(normal: list[jax.Array], activation: str) -> tuple[Layer, ...]:
    """Layers with weights of variance 1 (tanh) or 2 (relu) over their inputs, from standard normals; zero biases."""
    gain = 1.0 if activation == "tanh" else 2.0
    return tuple(Layer(w=w * (gain / len(w)) ** 0.5, b=jnp.zeros(w.shape[1])) for w in normal)


def changes(seen: list[jax.Array], deltas: list[jax.Array]) -> tuple[Layer, ...]:
    """Weight changes from what the weights saw, [n, m], and the errors at their outputs, [n, n_l]."""
    return tuple(Layer(w=s.T @ d, b=d.sum(0)) for s, d in zip(seen, deltas, strict=True))


def cross_entropy(logits: jax.Array, y: jax.Array) -> jax.Array:
    """Mean over the nodes whose label y [n] isn't HIDDEN."""
    known = (y != HIDDEN).astype(logits.dtype)
    each = -(jax.nn.log_softmax(logits) * jax.nn.one_hot(y, logits.shape[1])).sum(1)
    return (known * each).sum() / known.sum()
