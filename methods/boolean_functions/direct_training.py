"""A network trained by Adam on the whole training set from the start.

**Source**: the baseline of Abbe, Bengio, Lotfi and Rizk, "Generalization on the Unseen, Logic Reasoning and Degree
Curriculum", 2023, https://arxiv.org/abs/2301.13105 (authors' code, github.com/aryol/GOTU: main.py with a curriculum
step of all dimensions).

    theta <- Adam(grad mean_b (MLP(x_b; theta) - y_b)^2),    b uniform over the training set

**Differs from the paper**: 1. hidden layers of 64, 64 instead of 512, 1024, 512, 64. 2. decoupled weight decay, tuned,
instead of 0.001 inside the gradient. 3. 2,000 steps instead of 2,000 epochs.

**Shapes**: b batch, n points.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.boolean_functions import _networks as networks


class DirectTraining(Method):
    """Its own knob is the weight decay."""

    lr: float = 0.003  # Adam's rate
    decay: float = 0.0  # share of a weight lost in a step, over the rate

    space = {"lr": (0.001, 0.003, 0.01, 0.03), "decay": (0.0, 0.1, 1.0, 10.0)}

    def init(self, key: jax.Array) -> networks.ParityState:
        return networks.start_parity(key, self.spec)

    def update(self, state: networks.ParityState, batch: tuple, key: jax.Array) -> networks.ParityState:
        kept = 1 - self.lr * self.decay
        decayed = state._replace(params=jax.tree.map(lambda p: kept * p, state.params))
        return networks.train_on(decayed, self.given, jnp.ones(self.spec.points, bool), self.lr, key)

    def margin(self, state: networks.ParityState, x: jax.Array) -> jax.Array:
        return networks.forward(state.params, x)
