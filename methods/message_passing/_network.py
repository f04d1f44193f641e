"""What the networks of this study share: their training, and a stack of message-passing layers.

Shapes: b graphs, n nodes, d features, o outputs a node.
"""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.attention import Norm
from toybench.tasks.message_passing import Batch, Graphs, Spec, mean_loss

RATES = (0.001, 0.002, 0.004, 0.008, 0.016, 0.03)  # of every method


class State(NamedTuple):
    """Parameters of a network, and Adam's moments."""

    params: Any
    adam: optax.OptState


class GraphNetwork(Method):
    """A network of a padded graph, trained by Adam on the task's loss; a method says which network.

    A network is a module of (edges float [b, n, n], x [b, n, d], mask bool [b, n], key) with answers [b, n, o]. The key
    is for random choices in training; it is None where a graph is judged.
    """

    lr: float = 0.008  # Adam's learning rate, decays to 0 by a cosine

    space = {"lr": RATES}

    @property
    @abc.abstractmethod
    def network(self) -> linen.Module:
        """The module."""

    def init(self, key: jax.Array) -> State:
        n = self.spec.nodes
        example = (jnp.zeros((1, n, n)), jnp.zeros((1, n, self.spec.features)), jnp.ones((1, n), bool))
        params = nn.init(self.network, key, *example)
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        def loss(params: Any) -> jax.Array:
            return mean_loss(self.spec.loss, self.answer(params, batch.graphs, key), batch)

        adam = optim.adam(self.lr, self.steps)
        params, moments = optim.descend(adam, jax.grad(loss)(state.params), state.adam, state.params)
        return State(params=params, adam=moments)

    def answer(self, params: Any, graphs: Graphs, key: jax.Array | None) -> jax.Array:
        """The network's answers [b, n, o]."""
        edges = graphs.edges.astype(graphs.x.dtype)
        answers: Any = self.network.apply(params, edges, graphs.x, graphs.mask, key)
        return jnp.asarray(answers)

    def predict(self, state: State, graphs: Graphs) -> jax.Array:
        return self.answer(state.params, graphs, None)


class Layers(linen.Module):
    """A linear layer in, layers that read along edges, a linear layer out; relu between them.

    Attributes:
      layer: makes a module of (reads [..., n, n], h [..., n, w]) of a width.
      residual: whether a layer's output is added to its input and normalised, as deep networks need.
    """

    layer: Callable[[int], linen.Module]
    layers: int
    width: int
    outputs: int
    residual: bool = False

    @linen.compact
    def __call__(self, reads: jax.Array, x: jax.Array) -> jax.Array:
        h = linen.relu(linen.Dense(self.width)(x))
        for _ in range(self.layers):
            heard = linen.relu(self.layer(self.width)(reads, h))
            h = Norm()(h + heard) if self.residual else heard
        return linen.Dense(self.outputs)(h)


def needs_edges(spec: Spec) -> str | None:
    """Why a method that reads along given edges can't run."""
    return None if spec.linked else "all nodes are linked, so that edges tell nothing"
