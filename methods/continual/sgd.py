"""Stochastic gradient descent: one step a batch, for ever.

**Source**: baseline of Dohare, Hernandez-Garcia, Rahman, Mahmood and Sutton, "Loss of Plasticity in Deep Continual
Learning", 2023, https://arxiv.org/abs/2306.13812 ("backprop"), after Robbins and Monro, 1951.

    w <- w - lr g

**Differs from the paper**: 1. 8 examples a step instead of one, as for every method of the stream.

**Shapes**: b examples, d inputs, c classes.
"""

from typing import Any

import jax

from toybench.methods.continual._plasticity import OnlineNetwork, State, descend
from toybench.tasks.continual import Shown


class SGD(OnlineNetwork):
    """No guard against loss of plasticity."""

    space = {"lr": (0.03, 0.1, 0.2, 0.3)}

    def learn(self, state: State, grads: Any, hidden: tuple, batch: Shown, key: jax.Array) -> State:
        return State(params=descend(state.params, grads, self.lr), memory=())
