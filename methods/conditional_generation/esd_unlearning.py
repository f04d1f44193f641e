"""Fine-tuning that turns the forbidden label's prediction away from the label: erased stable diffusion.

**Source**: Gandikota et al., "Erasing Concepts from Diffusion Models", 2023, https://arxiv.org/abs/2303.07345
(from memory).

    loss = mean_forbidden |D(x_t, t, c) - (D*(x_t, t, none) - s (D*(x_t, t, c) - D*(x_t, t, none)))|^2

**Differs from the paper**: 1. the network corrects the exact model D* and starts at it. 2. x_t are noised samples of
the exact model, theirs come from the tuned model's own sampler. 3. denoised points instead of noise: the target is
the same.

**Shapes**: b pairs, n points.
"""

from typing import Any

import flax.linen
import jax

from toybench.blocks.diffusion import interpolate, level
from toybench.methods.conditional_generation._parts import (
    Correction,
    State,
    Trained,
    corrected,
    generate,
    mean_where,
)
from toybench.tasks.conditional_generation import FORBIDDEN, SCHEDULE, Batch, denoise_any, denoise_label


class ESDUnlearning(Trained):
    """The forbidden label's prediction moves to the other side of the unconditional one."""

    lr: float = 0.00003  # Adam's learning rate, above 0; decays to 0 by a cosine
    strength: float = 1.0  # s, 0 and more; the authors' 1

    space = {"lr": (0.00001, 0.00003, 0.0001), "strength": (0.3, 1.0)}

    @property
    def network(self) -> flax.linen.Module:
        return Correction(self.spec.width)

    def loss(self, params: Any, batch: Batch, key: jax.Array) -> jax.Array:
        x = interpolate(level(SCHEDULE, batch.time).columns(), batch.target, batch.start)
        asked = denoise_label(self.given, x, batch.time, batch.condition)
        unasked = denoise_any(self.given, x, batch.time)
        aim = unasked - self.strength * (asked - unasked)
        error = ((corrected(self, params, x, batch.time, batch.condition) - aim) ** 2).sum(-1)
        return mean_where(error, batch.condition == FORBIDDEN)

    def generate(self, state: State, start: jax.Array, label: jax.Array) -> jax.Array:
        return generate(lambda x, t: corrected(self, state.params, x, t, label), start)
