"""Trains on points with few minus ones first, and allows more of them stage by stage.

**Source**: Abbe, Bengio, Lotfi and Rizk, "Generalization on the Unseen, Logic Reasoning and Degree Curriculum", 2023,
https://arxiv.org/abs/2301.13105 (authors' code, github.com/aryol/GOTU: `train` of main.py).

    stage j: batches from the training points with at most j leap bits of -1,    j = 1, 2, ...

**Differs from the paper**: 1. a stage ends after a tuned share of the steps instead of at a training loss of 0.001.
2. a leap of 2 of 10 bits instead of 4 of 16. 3. hidden layers of 64, 64 instead of 512, 1024, 512, 64.
4. 2,000 steps instead of up to 2,000 epochs.

**Shapes**: n points.
"""

import jax

from toybench import Method
from toybench.methods.boolean_functions import _networks as networks


class DegreeCurriculum(Method):
    """After the stages it goes on with the whole training set."""

    lr: float = 0.003  # Adam's rate
    share: float = 0.7  # of the steps, taken by the stages
    leap: int = 2  # bits of -1 that a stage allows more than the one before

    paper = "abbe2023generalization"
    space = {"lr": (0.01, 0.03, 0.1, 0.3), "share": (0.1, 0.2, 0.4, 0.7)}

    def init(self, key: jax.Array) -> networks.ParityState:
        return networks.start_parity(key, self.spec)

    def update(self, state: networks.ParityState, batch: tuple, key: jax.Array) -> networks.ParityState:
        reach = networks.radius(state.step, self.share * self.steps, self.leap, self.spec.dims)
        allowed = networks.minus_ones(self.given.x) <= reach
        return networks.train_on(state, self.given, allowed, self.lr, key)

    def margin(self, state: networks.ParityState, x: jax.Array) -> jax.Array:
        return networks.forward(state.params, x)
