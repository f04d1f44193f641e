"""What recurrent generators of this study share: a GRU cell, its first weights, and training on minibatches.

Adam's rate falls to 0 by a cosine. Weights start as N(0, 1 / inputs), biases at 0, from one draw.
Shapes: b graphs of a minibatch, d inputs, w hidden units, v symbols; leading axes where "..." stands.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.random import normals

SPACE = {"lr": (0.01, 0.03, 0.1, 0.3), "temperature": (0.5, 0.75, 1.0, 1.25)}  # of every recurrent generator
WIDTH = 32  # hidden units; 128 and 256 in the authors' runs


class Cell(NamedTuple):
    """A gated recurrent unit: weights of the input [d, 3 w] and of the state [w, 3 w], biases [2, 3 w] of both."""

    reads: jax.Array
    keeps: jax.Array
    biases: jax.Array


class Linear(NamedTuple):
    """Weights [d, w] and biases [w]."""

    weights: jax.Array
    biases: jax.Array


class State(NamedTuple):
    """Weights, the given graphs as the network reads them, and the optimiser's state."""

    params: Any
    data: Any
    adam: optax.OptState


def advanced(cell: Cell, h: jax.Array, given: jax.Array) -> jax.Array:
    """The state [..., w] after reading what the input's weights make of an input, [..., 3 w].

    r, z = sigmoid(given + a + U h + b),  n = tanh(given + a + r (U h + b)),  h <- (1 - z) n + z h
    """
    width = h.shape[-1]
    ones = (1,) * (h.ndim - 1)
    given = given + cell.biases[0].reshape(*ones, -1)
    asked = h @ cell.keeps + cell.biases[1].reshape(*ones, -1)
    gates = jax.nn.sigmoid(given[..., : 2 * width] + asked[..., : 2 * width])
    new = jnp.tanh(given[..., 2 * width :] + gates[..., :width] * asked[..., 2 * width :])
    stay = gates[..., width:]
    return (1 - stay) * new + stay * h


def applied(linear: Linear, h: jax.Array) -> jax.Array:
    """Outputs [..., w] of inputs [..., d]."""
    return h @ linear.weights + linear.biases.reshape(*(1,) * (h.ndim - 1), -1)


def weights(key: jax.Array, **shapes: tuple[int, int]) -> dict[str, jax.Array]:
    """Matrices [d, w] whose outputs have the variance of their inputs."""
    return {name: noise / shapes[name][0] ** 0.5 for name, noise in normals(key, **shapes).items()}


def cell_of(drawn: dict[str, jax.Array], name: str) -> Cell:
    """A cell from the matrices `name`_reads and `name`_keeps."""
    keeps = drawn[f"{name}_keeps"]
    return Cell(reads=drawn[f"{name}_reads"], keeps=keeps, biases=jnp.zeros((2, keeps.shape[1])))


def linear_of(matrix: jax.Array) -> Linear:
    """A linear layer without bias at first."""
    return Linear(weights=matrix, biases=jnp.zeros(matrix.shape[1]))


class Recurrent(Method):
    """Training by likelihood; a method says how graphs are read, and what the loss of a minibatch is."""

    lr: float = 0.01  # learning rate, above 0; 0.001 in the authors' runs; decays to 0 by a cosine
    temperature: float = 0.75  # divides logits when graphs are drawn, above 0; 0.5 to 1 in the authors' runs

    @abc.abstractmethod
    def start(self, key: jax.Array) -> Any:
        """Weights before the first step."""

    @abc.abstractmethod
    def read(self) -> Any:
        """The given graphs as arrays whose first axis counts graphs."""

    @abc.abstractmethod
    def loss(self, params: Any, data: Any) -> jax.Array:
        """Mean negative log-likelihood [] of the graphs of a minibatch."""

    def rule(self) -> optax.GradientTransformation:
        """Adam."""
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        params = self.start(key)
        return State(params=params, data=self.read(), adam=self.rule().init(params))

    def update(self, state: State, batch: jax.Array, key: jax.Array) -> State:
        rows = jax.tree.map(lambda array: array[batch], state.data)
        gradient = jax.grad(self.loss)(state.params, rows)
        params, adam = optim.descend(self.rule(), gradient, state.adam, state.params)
        return State(params=params, data=state.data, adam=adam)
