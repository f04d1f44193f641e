"""A network with one hidden layer of sigmoid neurons, trained by backpropagation.

**Source**: Cuevas-Tello, "Apuntes de Redes Neuronales Artificiales", 2018, https://arxiv.org/abs/1806.05298 (section
5, backpropagation; abstract and contents could be read).

    h = sigmoid(V (x, 1)),    y = sigmoid(w . (h, 1))
    e = (t - y) y (1 - y),    d = e w h (1 - h)
    w <- w + eta mean_n e_n (h_n, 1),    V <- V + eta mean_n d_n (x_n, 1)

**Differs from the paper**: 1. eight hidden neurons, as two often stick in local minima of xor. 2. the mean over all
points in every step. 3. inputs of -1 and 1 with noise.

**Shapes**: n points, h hidden neurons.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import random


class Weights(NamedTuple):
    """Of the hidden neurons [h, 3] and of the output [h + 1], the last ones of the constants."""

    hidden: jax.Array
    output: jax.Array


class State(NamedTuple):
    """All weights."""

    params: Weights


def with_constant(x: jax.Array) -> jax.Array:
    """Inputs [n, k] and a constant 1: [n, k + 1]."""
    return jnp.concatenate([x, jnp.ones_like(x[:, :1])], axis=1)


class BackpropMLP(Method):
    """Draws two lines, and more."""

    eta: float = 3.0  # learning rate
    hidden: int = 8  # hidden neurons

    paper = "cuevastello2018apuntes"
    # of equal scores the first is taken, so the middle comes first
    space = {"eta": (3.0, 1.0, 10.0, 0.3, 30.0, 0.1, 100.0, 0.03, 300.0)}

    def init(self, key: jax.Array) -> State:
        drawn = random.uniforms(key, hidden=(self.hidden, 3), output=(self.hidden + 1,))
        return State(params=Weights(hidden=2 * drawn["hidden"] - 1, output=2 * drawn["output"] - 1))

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        weights = state.params
        inputs = with_constant(self.given.x)
        h = jax.nn.sigmoid(inputs @ weights.hidden.T)
        inner = with_constant(h)
        y = jax.nn.sigmoid(inner @ weights.output)
        error = (self.given.y - y) * y * (1 - y)
        back = error[:, None] * weights.output[None, :-1] * h * (1 - h)
        output = weights.output + self.eta * error @ inner / len(inputs)
        hidden = weights.hidden + self.eta * back.T @ inputs / len(inputs)
        return State(params=Weights(hidden=hidden, output=output))

    def probability(self, state: State, x: jax.Array) -> jax.Array:
        h = jax.nn.sigmoid(with_constant(x) @ state.params.hidden.T)
        return jax.nn.sigmoid(with_constant(h) @ state.params.output)
