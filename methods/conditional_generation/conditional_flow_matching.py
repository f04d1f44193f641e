"""Flow matching along straight lines, with point, time and condition side by side at the network's input.

**Source**: Lipman et al., "Flow Matching for Generative Modeling", 2023, https://arxiv.org/abs/2210.02747, in the form
of the authors of C2OT, `moons.py` and `c2ot/utils/playground_utils.py` of https://github.com/hkchengrex/C2OT.

    loss = |v(x_t, t, c) - (x1 - x0)|^2        x_t = (1 - t) x0 + t x1

**Differs from the paper**: 1. a plain network of three SiLU layers; theirs adds the projected condition and time to the
projected point before three residual blocks of width 128. 2. midpoint rule instead of adaptive steps.

**Shapes**: b pairs, n points.
"""

from typing import Any

import flax.linen
import jax

from toybench.methods.conditional_generation._parts import RATES, State, Trained, concatenated, matching_loss, moved
from toybench.tasks.conditional_generation import Batch, encode


class ConditionalFlowMatching(Trained):
    """Velocity of straight lines between independent pairs."""

    width: int = 0  # hidden units of a layer; 0: the task's width
    substeps: int = 1  # network calls that count as one: a control that pays more

    space = {"lr": RATES}

    @property
    def network(self) -> flax.linen.Module:
        return concatenated(self.width or self.spec.width)

    def loss(self, params: Any, batch: Batch, key: jax.Array) -> jax.Array:
        return matching_loss(self.network, params, batch, encode(self.spec, batch.condition))

    def sample(self, state: State, start: jax.Array, condition: jax.Array, calls: int) -> jax.Array:
        return moved(self, state, start, condition, self.substeps * calls)
