"""Flow matching, its conditional velocity extrapolated away from the unconditional one.

**Source**: Zheng et al., "Guided Flows for Generative Modeling and Decision Making", 2023,
https://arxiv.org/abs/2311.13443, abstract only; the formula is that of classifier-free guidance (Ho and Salimans 2022).

    v_w(x, t, c) = (1 - w) v(x, t, none) + w v(x, t, c)        trained with the condition left out of every fifth pair

**Differs from the paper**: 1. points of the plane instead of images, speech and plans. 2. a velocity costs two network
calls, so there are half as many steps; with one call there is no guidance.

**Shapes**: b pairs, n points.
"""

from typing import Any

import flax.linen
import jax

from toybench.methods.conditional_generation._parts import (
    State,
    Trained,
    concatenated,
    follow,
    forgetful,
    matching_loss,
    moved,
    velocity,
)
from toybench.tasks.conditional_generation import Batch, encode

DROPPED = 0.2  # share of the pairs without condition


class GuidedFlowMatching(Trained):
    """One network for conditional and unconditional velocities."""

    weight: float = 1.25  # w; 1 is no guidance

    paper = "zheng2023guided"
    space = {"lr": (0.016, 0.032, 0.064), "weight": (1.1, 1.25)}

    @property
    def network(self) -> flax.linen.Module:
        return concatenated(self.spec.width)

    def loss(self, params: Any, batch: Batch, key: jax.Array) -> jax.Array:
        keep = jax.random.uniform(key, batch.time.shape) >= DROPPED
        return matching_loss(self.network, params, batch, forgetful(keep, encode(self.spec, batch.condition)))

    def sample(self, state: State, start: jax.Array, condition: jax.Array, calls: int) -> jax.Array:
        if calls == 1:
            return moved(self, state, start, condition, calls)
        features = encode(self.spec, condition)
        asked = velocity(self.network, state.params, features)
        unasked = velocity(self.network, state.params, 0 * features)
        return follow(lambda x, t: (1 - self.weight) * unasked(x, t) + self.weight * asked(x, t), start, calls // 2)
