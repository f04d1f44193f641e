"""Gradient descent with weights that decay towards where they started.

**Source**: Kumar, Marklund and Van Roy, "Maintaining Plasticity in Continual Learning via Regenerative
Regularization", 2023, https://arxiv.org/abs/2308.11958 (L2 Init).

    w <- w - lr (g + decay (w - w_0))

**Differs from the paper**: 1. plain gradient descent; the paper uses Adam and tries others.

**Shapes**: b examples, d inputs, c classes.
"""

from typing import Any

import jax

from toybench.methods.continual._plasticity import OnlineNetwork, State, descend
from toybench.tasks.continual import Shown


class L2Init(OnlineNetwork):
    """Carries the initial weights as its memory."""

    decay: float = 0.01  # pull towards the initial weights per unit of step size

    space = {"lr": (0.1, 0.2, 0.3), "decay": (0.003, 0.03)}

    def remember(self, params: Any) -> Any:
        return params

    def learn(self, state: State, grads: Any, hidden: tuple, batch: Shown, key: jax.Array) -> State:
        grads = jax.tree.map(lambda g, w, w0: g + self.decay * (w - w0), grads, state.params, state.memory)
        return State(params=descend(state.params, grads, self.lr), memory=state.memory)
