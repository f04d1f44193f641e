"""A wide network of one hidden layer in mean-field scaling: its output is an average over neurons.

**Source**: Abbe, Bengio, Lotfi and Rizk, "Generalization on the Unseen, Logic Reasoning and Degree Curriculum", 2023,
https://arxiv.org/abs/2301.13105 (authors' code, github.com/aryol/GOTU: `MeanField` of models.py, script.sh).

    f(x) = (c + sum_m a_m relu(w_m . x + b_m)) / m,    theta <- theta - lr m grad mean_b (f(x_b) - y_b)^2

**Differs from the paper**: 1. 256 neurons instead of 65,536; the rate is multiplied by their number, so that a neuron
moves as fast: the authors' rate of 1,000 is 0.015 here. 2. 3,000 steps instead of 19,000.

**Shapes**: b batch, n points, i training sets, m neurons, d bits.
"""

from typing import NamedTuple

import jax

from toybench import Method
from toybench.methods.boolean_functions import _networks as networks


class State(NamedTuple):
    """One network for each training set: every array has a first axis i."""

    params: networks.Layers


def start(key: jax.Array, dims: int, neurons: int) -> networks.Layers:
    """First layer within 1 / sqrt(d), second layer within 1."""
    first, second = networks.initial_layers(key, dims, (neurons, 1))
    return first, jax.tree.map(lambda p: p * neurons**0.5, second)


def average(layers: networks.Layers, x: jax.Array) -> jax.Array:
    """Outputs [n] at the points [n, d]."""
    return networks.forward(layers, x) / layers[0]["weights"].shape[1]


class MeanFieldMLP(Method):
    """Said to leak into high degrees at any rate."""

    lr: float = 0.015  # rate a neuron; the authors' 1,000 / 65,536
    neurons: int = 256  # of the hidden layer
    batch: int = 64  # points a step, the authors'

    paper = "abbe2023generalization"
    space = {"lr": (0.005, 0.01, 0.015, 0.03, 0.07, 0.15, 0.3, 0.6, 1.2)}

    def init(self, key: jax.Array) -> State:
        keys = jax.random.split(key, self.spec.sets)
        return State(params=jax.vmap(lambda k: start(k, self.spec.dims, self.neurons))(keys))

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        rows = jax.random.randint(key, (self.batch,), 0, self.spec.points)

        def error(layers: networks.Layers, x: jax.Array, y: jax.Array) -> jax.Array:
            return ((average(layers, x) - y) ** 2).mean()

        gradients = jax.vmap(jax.grad(error))(state.params, self.given.x[:, rows], self.given.y[:, rows])
        rate = self.lr * self.neurons
        return State(params=jax.tree.map(lambda p, g: p - rate * g, state.params, gradients))

    def values(self, state: State, x: jax.Array) -> jax.Array:
        return jax.vmap(average, (0, None))(state.params, x)
