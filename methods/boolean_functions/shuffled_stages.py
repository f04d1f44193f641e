"""Stages of the same sizes as those of the degree curriculum, of points in random order.

**Source**: none, a control of "Generalization on the Unseen, Logic Reasoning and Degree Curriculum", 2023,
https://arxiv.org/abs/2301.13105.

    stage j: batches from the first points of a random order, as many as have at most j leap bits of -1

**Differs from the paper**: the order of the points is random.

**Shapes**: n points.
"""

import jax

from toybench import Method
from toybench.methods.boolean_functions import _networks as networks


class ShuffledStages(Method):
    """Tells apart what the order does from what growing stages do."""

    lr: float = 0.003  # Adam's rate
    share: float = 0.7  # of the steps, taken by the stages
    leap: int = 2  # as the curriculum's: it gives the sizes of the stages

    space = {"lr": (0.01, 0.03, 0.1, 0.3), "share": (0.1, 0.2, 0.4, 0.7)}

    def init(self, key: jax.Array) -> networks.ParityState:
        return networks.start_parity(key, self.spec)

    def update(self, state: networks.ParityState, batch: tuple, key: jax.Array) -> networks.ParityState:
        reach = networks.radius(state.step, self.share * self.steps, self.leap, self.spec.dims)
        size = (networks.minus_ones(self.given.x) <= reach).sum()
        return networks.train_on(state, self.given, state.rank < size, self.lr, key)

    def margin(self, state: networks.ParityState, x: jax.Array) -> jax.Array:
        return networks.forward(state.params, x)
