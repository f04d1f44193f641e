"""The transformer of `path_transformer` as it is before its first update.

**Source**: none; the usual control of a probe: what random weights hold.

    residual = network(random weights, prompt)

**Differs from the paper**: nothing.

**Shapes**: b prompts, p nodes of a path, d width, v names.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.prompt_planning import _network as network
from toybench.tasks.prompt_planning import Prompt


class UntrainedTransformer(Method):
    """Random weights."""

    def init(self, key: jax.Array) -> Any:
        return network.start(self.spec, key, 0.0, 0).params

    def parameters(self, state: Any) -> Any:
        return state

    def write(self, state: Any, prompt: Prompt) -> jax.Array:
        return network.written(self.spec, state, prompt)

    def residual(self, state: Any, prompt: Prompt) -> jax.Array:
        return network.before_path(self.spec, state, prompt)

    def embedding(self, state: Any) -> jax.Array:
        return network.node_vectors(self.spec, state)
