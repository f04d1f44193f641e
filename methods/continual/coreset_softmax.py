"""Trains the same network by cross-entropy on the current task and on a coreset: no posterior of anything.

**Source**: experience replay, Chaudhry et al., "On Tiny Episodic Memories in Continual Learning", 2019,
https://arxiv.org/abs/1902.10486, with half of every update from the memory.

    min_w  mean over the batch and as many coreset points of -log softmax(f(x; w))_y

**Differs from the paper**: 1. the first points of a class are kept rather than random ones, which are alike here.

**Shapes**: b batch, c classes, d inputs.
"""

from typing import Any

import jax

from toybench.methods.continual._class_networks import (
    ClassNetwork,
    Coreset,
    cross_entropy,
    keep,
    nothing_kept,
    rehearse,
)
from toybench.methods.continual._task_networks import layers
from toybench.tasks.continual import LabelledBatch


class CoresetSoftmax(ClassNetwork):
    """The control of `protocl`: its coreset without its prototypes."""

    coreset: int = 5  # points kept of every class

    def remember(self, params: Any) -> Coreset:
        return nothing_kept(self.spec, self.coreset)

    def after(self, params: Any, memory: Coreset, batch: LabelledBatch) -> Coreset:
        return keep(memory, batch)

    def loss(self, params: Any, memory: Coreset, batch: LabelledBatch, key: jax.Array) -> jax.Array:
        x, y, weight = rehearse(memory, batch, key)
        return (weight * cross_entropy(layers(self.widths, x, params), y, batch.seen)).sum() / weight.sum()
