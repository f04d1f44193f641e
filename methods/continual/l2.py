"""Gradient descent with weights that decay towards zero.

**Source**: baseline of Dohare, Hernandez-Garcia, Rahman, Mahmood and Sutton, "Loss of Plasticity in Deep Continual
Learning", 2023, https://arxiv.org/abs/2306.13812 ("L2 regularization"), after Krogh and
Hertz, 1991.

    w <- w (1 - lr decay) - lr g

**Differs from the paper**: nothing.

**Shapes**: b examples, d inputs, c classes.
"""

from typing import Any

import jax

from toybench.methods.continual._plasticity import OnlineNetwork, State, descend
from toybench.tasks.continual import Shown


class L2(OnlineNetwork):
    """Small weights keep units alive and the loss surface soft."""

    decay: float = 0.01  # weight decay per unit of step size

    space = {"lr": (0.1, 0.2, 0.3), "decay": (0.001, 0.01)}

    def learn(self, state: State, grads: Any, hidden: tuple, batch: Shown, key: jax.Array) -> State:
        grads = jax.tree.map(lambda g, w: g + self.decay * w, grads, state.params)
        return State(params=descend(state.params, grads, self.lr), memory=())
