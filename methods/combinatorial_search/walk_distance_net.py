"""Ranks states by a network's guess of the step at which a random walk from the goal meets them.

**Source**: Chervov, Khoruzhii and others, "A Machine Learning Approach That Beats Large Rubik's Cubes", 2025,
https://arxiv.org/abs/2502.13266 (authors' code, github.com/khoruzhii/cayleypy-cube: `generate_random_walks` and
`_train_epoch` of pilgrim/trainer.py, pilgrim/model.py, pilgrim/searcher.py).

    loss = mean over walks without moves back, and over their steps k = 1..l, of (f(state_k) - k)^2

**Differs from the paper**: 1. two layers of 64 units instead of thousands, without batch normalisation, dropout or
residual blocks. 2. all steps of a walk are used, not its last one alone. 3. 600 batches of 256 instead of some hundred
epochs of a million states. 4. the network guesses k / l, which orders states alike; Adam's rate decays by a cosine.
5. the search is the study's: it leaves out states that it held, where the authors start again after a stagnation.

**Shapes**: m states, t tiles, b batch.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.combinatorial_search import _walks as walks


class WalkDistanceNet(Method):
    """It is told the moves and the goal, and no distance."""

    lr: float = 0.01  # Adam's first rate; the authors' is 0.001
    length: int = 28  # moves of a walk; the authors take about the diameter, 26 to 30 for a cube of 3

    paper = "chervov2025machine"
    space = {"lr": (0.003, 0.01, 0.03), "length": (14, 28, 56, 112)}

    def init(self, key: jax.Array) -> walks.State:
        return walks.start(key, self.spec.tiles, self.length, self.steps)

    def update(self, state: walks.State, batch: tuple, key: jax.Array) -> walks.State:
        met = walks.batch_of(state)
        target = met.step.astype(jnp.float32) / self.length

        def loss(params: Any) -> jax.Array:
            return ((walks.value_of(params, met.codes, self.spec.tiles) - target) ** 2).mean()

        return walks.descend(state, jax.grad(loss)(state.params), self.lr, self.steps)

    def rank(self, state: walks.State, rows: jax.Array) -> jax.Array:
        return walks.value(state.params, rows)
