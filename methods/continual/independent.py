"""A network of its own for each task, kept whole.

**Source**: the usual upper control of task-incremental learning.

    W_t trained on task t from random weights

**Differs from the paper**: nothing.

**Shapes**: b batch, d inputs, h hidden units, c classes.
"""

from typing import Any

from toybench.methods.continual._nets import TaskNets, per_task


class Independent(TaskNets):
    """Forgets nothing and stores everything."""

    def stored_bits(self, state: Any) -> float:
        return per_task(self.spec, 32.0 * self.spec.weights)
