"""One sigmoid neuron that is also shown the product of its inputs, trained by the delta rule.

**Source**: none, a control of "Apuntes de Redes Neuronales Artificiales", 2018, https://arxiv.org/abs/1806.05298.

    z = (x_1, x_2, x_1 x_2, 1),    y = sigmoid(w . z),    w <- w + eta mean_n (t_n - y_n) y_n (1 - y_n) z_n

**Differs from the paper**: it has one more input.

**Shapes**: n points.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method


class State(NamedTuple):
    """Weights [4], the last one of the constant."""

    params: jax.Array


def with_product(x: jax.Array) -> jax.Array:
    """Inputs [n, 2], their product and a constant 1: [n, 4]."""
    return jnp.concatenate([x, x.prod(1, keepdims=True), jnp.ones_like(x[:, :1])], axis=1)


class QuadraticNeuron(Method):
    """Draws a hyperbola."""

    eta: float = 3.0  # learning rate

    # of equal scores the first is taken, so the middle comes first
    space = {"eta": (3.0, 1.0, 10.0, 0.3, 30.0, 0.1, 100.0, 0.03, 300.0)}

    def init(self, key: jax.Array) -> State:
        return State(params=jax.random.uniform(key, (4,), minval=-0.5, maxval=0.5))

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        inputs = with_product(self.given.x)
        y = jax.nn.sigmoid(inputs @ state.params)
        delta = (self.given.y - y) * y * (1 - y)
        return State(params=state.params + self.eta * delta @ inputs / len(inputs))

    def probability(self, state: State, x: jax.Array) -> jax.Array:
        return jax.nn.sigmoid(with_product(x) @ state.params)
