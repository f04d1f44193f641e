"""Behaviour cloning: a deterministic policy fitted to all recorded actions by least squares.

**Source**: the baseline of every paper of this study; Pomerleau, "ALVINN: An Autonomous Land Vehicle in a Neural
Network", 1988 (from memory).

    min  mean |u - tanh f(x)|^2

**Differs from the paper**: 1. two hidden layers of 64 units, 2000 updates.

**Shapes**: b transitions, k numbers of an action, n episodes.
"""

import jax

from toybench.methods.offline_control._critics import MANY_RATES, Params, Trained, fresh, greedy
from toybench.tasks.offline_control import Transitions


class BC(Trained):
    """The mean recorded action at every place."""

    space = {"lr": MANY_RATES}

    def networks(self, key: jax.Array) -> Params:
        return {"policy": fresh(key, 0, self.spec.actions)}

    def loss(self, params: Params, target: Params, batch: Transitions, key: jax.Array) -> jax.Array:
        return ((greedy(params["policy"], self.spec.actions, batch.x) - batch.u) ** 2).mean()

    def action(self, params: Params, x: jax.Array, key: jax.Array) -> jax.Array:
        return greedy(params["policy"], self.spec.actions, x)
