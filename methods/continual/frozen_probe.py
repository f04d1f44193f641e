"""A linear head for each task on the published network.

**Source**: the usual lower control of task-incremental learning on a pretrained network.

    head_t trained on the frozen hidden layers

**Differs from the paper**: nothing.

**Shapes**: b batch, d inputs, h hidden units, c classes.
"""

from typing import Any

from toybench.methods.continual._nets import TaskNets
from toybench.tasks.continual import Net


class FrozenProbe(TaskNets):
    """Forgets nothing and stores little."""

    def begin(self, fresh: Net, params: Any) -> Any:
        return {"head": fresh.head, "bias": fresh.bias}

    def build(self, params: Any) -> Net:
        return self.given.net._replace(**params)

    def stored_bits(self, state: Any) -> float:
        own = 32.0 * self.spec.phases * (self.spec.hidden + 1) * self.spec.classes
        return own + 32.0 * (self.spec.weights + 2 * self.spec.hidden)
