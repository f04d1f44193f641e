"""Adam: one step a batch with moments that are never reset.

**Source**: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2014, https://arxiv.org/abs/1412.6980; a
baseline of Dohare et al., "Loss of Plasticity in Deep Continual Learning", 2023, https://arxiv.org/abs/2306.13812.

    w <- w - lr m / (sqrt(v) + eps)

**Differs from the paper**: 1. the step size does not decay, for the stream has no end.

**Shapes**: b examples, d inputs, c classes.
"""

from typing import Any

import jax

from toybench.blocks import optim
from toybench.methods.continual._plasticity import OnlineNetwork, State
from toybench.tasks.continual import Shown


class Adam(OnlineNetwork):
    """No guard against loss of plasticity."""

    lr: float = 0.003  # Adam's step size; the paper's is 0.001

    space = {"lr": (0.001, 0.003, 0.01)}

    def remember(self, params: Any) -> Any:
        return optim.adam(self.lr).init(params)

    def learn(self, state: State, grads: Any, hidden: tuple, batch: Shown, key: jax.Array) -> State:
        params, moments = optim.descend(optim.adam(self.lr), grads, state.memory, state.params)
        return State(params=params, memory=moments)
