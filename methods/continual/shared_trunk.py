"""One network for all tasks with a head for each, trained on one task after another.

**Source**: the usual control for forgetting in task-incremental learning (multi-head fine-tuning).

    hidden layers go on from the last task's;    head_t from random weights

**Differs from the paper**: 1. starts from the published network.

**Shapes**: b batch, d inputs, h hidden units, c classes, t tasks.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.continual._nets import TaskNets
from toybench.tasks.continual import Net


class SharedTrunk(TaskNets):
    """Old heads meet new hidden layers."""

    def init(self, key: jax.Array) -> Any:
        state = super().init(key)
        old = self.given.net
        return state._replace(params=old._replace(head=state.params.head, bias=state.params.bias))

    def begin(self, fresh: Net, params: Net) -> Net:
        return params._replace(head=fresh.head, bias=fresh.bias)

    def keep(self, kept: Net, params: Net, task: jax.Array) -> Net:
        new = jax.tree.map(lambda old, one: jnp.broadcast_to(one[None], old.shape), kept, params)
        return new._replace(head=kept.head.at[task].set(params.head), bias=kept.bias.at[task].set(params.bias))

    def stored_bits(self, state: Any) -> float:
        own = 32.0 * self.spec.phases * (self.spec.hidden + 1) * self.spec.classes
        return own + 32.0 * (self.spec.weights + 2 * self.spec.hidden)
