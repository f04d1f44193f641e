"""Keeps the points of all tasks so far and trains on them together: what forgetting is measured against.

**Source**: baseline of von Oswald, Henning, Grewe and Sacramento, "Continual learning with hypernetworks", 2019,
https://arxiv.org/abs/1906.00695 (multi-task training).

    min_w  mean_{j<=t} mean_i (f(x_ji, j; w) - y_ji)^2

**Differs from the paper**: 1. tasks still arrive one after another; each step uses every point kept. 2. heads a task.

**Shapes**: n points of a task, t tasks.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.continual._task_networks import TaskNetwork
from toybench.tasks.continual import Points


class Kept(NamedTuple):
    """Points [t, n] of every task so far; weight 0 where there is none."""

    x: jax.Array
    y: jax.Array
    weight: jax.Array


class JointHeads(TaskNetwork):
    """Not continual: it stores every point."""

    def remember(self, params: Any) -> Kept:
        return Kept(*jnp.zeros((3, self.spec.tasks, self.spec.points)))

    def before(self, params: Any, memory: Kept, batch: Points) -> Kept:
        now = (batch.all_x, batch.all_y, batch.weight)
        return Kept(*(m.at[batch.task].set(new) for m, new in zip(memory, now, strict=True)))

    def loss(self, params: Any, memory: Kept, batch: Points) -> jax.Array:
        fit = jax.vmap(self.predict_with, (None, 0, 0))(params, memory.x, jnp.arange(self.spec.tasks))
        each = (memory.weight * (fit - memory.y) ** 2).sum(1) / jnp.maximum(memory.weight.sum(1), 1.0)
        return each.sum() / (memory.weight.sum(1) > 0).astype(each.dtype).sum()
