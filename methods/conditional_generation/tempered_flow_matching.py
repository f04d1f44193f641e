"""Flow matching from a narrower source: a control that trades coverage for precision without guidance.

**Source**: none, a control; sampling at a lower temperature is common practice with flows.

    x0 <- s x0, then flow matching as it is

**Differs from the paper**: nothing.

**Shapes**: b pairs, n points.
"""

from typing import Any

import flax.linen
import jax

from toybench.methods.conditional_generation._parts import State, Trained, concatenated, matching_loss, moved
from toybench.tasks.conditional_generation import Batch, encode


class TemperedFlowMatching(Trained):
    """A conditional flow that starts nearer to the middle."""

    scale: float = 0.9  # s of the source points, 0 to 1

    space = {"lr": (0.008, 0.016, 0.032), "scale": (0.8, 0.9)}

    @property
    def network(self) -> flax.linen.Module:
        return concatenated(self.spec.width)

    def loss(self, params: Any, batch: Batch, key: jax.Array) -> jax.Array:
        return matching_loss(self.network, params, batch, encode(self.spec, batch.condition))

    def sample(self, state: State, start: jax.Array, condition: jax.Array, calls: int) -> jax.Array:
        return moved(self, state, self.scale * start, condition, calls)
