"""A network of three hidden layers, trained by plain stochastic gradient descent.

**Source**: Abbe, Bengio, Lotfi and Rizk, "Generalization on the Unseen, Logic Reasoning and Degree Curriculum", 2023,
https://arxiv.org/abs/2301.13105 (authors' code, github.com/aryol/GOTU: `MLP` of models.py, rates of Figure 6 in
script.sh); Abbe et al., "Learning to Reason with Neural Networks", 2022, https://arxiv.org/abs/2205.13647.

    theta <- theta - lr grad mean_b (MLP(x_b; theta) - y_b)^2

**Differs from the paper**: 1. hidden layers of 64, 64, 64 (32 each on `frozen_bit`) instead of 512, 1024, 512,
64. 2. a few thousand steps instead of some 20,000, on 10 bits instead of 15.

**Shapes**: b batch, n points, i training sets.
"""

from typing import NamedTuple

import jax

from toybench import Method
from toybench.methods.boolean_functions import _networks as networks


class State(NamedTuple):
    """One network for each training set: every array has a first axis i."""

    params: networks.Layers


class SGDMLP(Method):
    """The rate is the knob: small rates are said to leak less into high degrees than large ones."""

    lr: float = 0.003  # the authors' small rate; 0.15 is their largest
    width: int = 64  # of each of the three hidden layers
    batch: int = 64  # points a step, the authors'

    paper = "abbe2023generalization"

    def init(self, key: jax.Array) -> State:
        widths = (self.width, self.width, self.width, 1)
        keys = jax.random.split(key, self.spec.sets)
        return State(params=jax.vmap(lambda k: networks.initial_layers(k, self.spec.dims, widths))(keys))

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        rows = jax.random.randint(key, (self.batch,), 0, self.spec.points)
        gradients = jax.vmap(jax.grad(networks.mean_square))(state.params, self.given.x[:, rows], self.given.y[:, rows])
        return State(params=jax.tree.map(lambda p, g: p - self.lr * g, state.params, gradients))

    def values(self, state: State, x: jax.Array) -> jax.Array:
        return jax.vmap(networks.forward, (0, None))(state.params, x)
