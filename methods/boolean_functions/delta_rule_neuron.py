"""One sigmoid neuron, trained by the delta rule.

**Source**: Cuevas-Tello, "Apuntes de Redes Neuronales Artificiales", 2018, https://arxiv.org/abs/1806.05298 (section
3, the delta rule; abstract and contents could be read).

    y = sigmoid(w . (x, 1)),    w <- w + eta mean_n (t_n - y_n) y_n (1 - y_n) (x_n, 1)

**Differs from the paper**: 1. the mean over all points in every step. 2. inputs of -1 and 1 with noise.

**Shapes**: n points.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method


class State(NamedTuple):
    """Weights [3], the last one of the constant."""

    params: jax.Array


def with_constant(x: jax.Array) -> jax.Array:
    """Inputs [n, 2] and a constant 1: [n, 3]."""
    return jnp.concatenate([x, jnp.ones_like(x[:, :1])], axis=1)


class DeltaRuleNeuron(Method):
    """Draws a line."""

    eta: float = 3.0  # learning rate

    paper = "cuevastello2018apuntes"
    # of equal scores the first is taken, so the middle comes first
    space = {"eta": (3.0, 1.0, 10.0, 0.3, 30.0, 0.1, 100.0, 0.03, 300.0)}

    def init(self, key: jax.Array) -> State:
        return State(params=jax.random.uniform(key, (3,), minval=-0.5, maxval=0.5))

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        inputs = with_constant(self.given.x)
        y = jax.nn.sigmoid(inputs @ state.params)
        delta = (self.given.y - y) * y * (1 - y)
        return State(params=state.params + self.eta * delta @ inputs / len(inputs))

    def probability(self, state: State, x: jax.Array) -> jax.Array:
        return jax.nn.sigmoid(with_constant(x) @ state.params)
