"""One adapter and one head, trained through all phases one after another.

**Source**: baseline of Sun et al., "MOS: Model Surgery for Pre-Trained Model-Based Class-Incremental Learning", 2024,
https://arxiv.org/abs/2412.09441 (table 1, sequential finetuning of an adapter).

    CE over the classes of the current phase, through backbone + adapter

**Differs from the paper**: 1. two bottlenecks on a two-layer network instead of one in each transformer block. 2. Adam
instead of SGD.

**Shapes**: b batch, d inputs, f features, c classes.
"""

import jax

from toybench.methods.continual import _heads
from toybench.methods.continual._adapters import AdapterMethod, State
from toybench.tasks.continual import PhaseStep


class SequentialAdapter(AdapterMethod):
    """Old classes keep their rows of the head, while the features below them move."""

    space = {"lr": (0.003, 0.01, 0.03), "scale": (16.0, 30.0)}

    def init(self, key: jax.Array) -> State:
        return self.start(key)

    def update(self, state: State, batch: PhaseStep, key: jax.Array) -> State:
        return self.fit(state, batch, batch.length)

    def class_scores(self, state: State, x: jax.Array) -> jax.Array:
        return self.cosine(state.params["head"], _heads.adapted(self.given, state.params["adapter"], x))
