"""Erased stable diffusion with a term for what is kept: a control that is as cheap.

**Source**: Gandikota et al., "Erasing Concepts from Diffusion Models", 2023, https://arxiv.org/abs/2303.07345
(from memory);
the second term is a control's.

    loss = mean_forbidden |D(x_t, t, c) - (D*(x_t, t, none) - s (D*(x_t, t, c) - D*(x_t, t, none)))|^2
           + mean_kept |D(x_t, t, c) - D*(x_t, t, c)|^2

**Differs from the paper**: 1. the network corrects the exact model D* and starts at it. 2. x_t are noised samples of
the exact model, theirs come from the tuned model's own sampler. 3. denoised points instead of noise: the target is
the same. 4. the term for what is kept.

**Shapes**: b pairs, n points.
"""

from typing import Any

import flax.linen
import jax
import jax.numpy as jnp

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


class ESDRetained(Trained):
    """The forbidden label's prediction turns away, the kept ones stay at the exact model's."""

    lr: float = 0.008  # Adam's learning rate, above 0; decays to 0 by a cosine
    strength: float = 2.0  # s, 0 and more; the authors' 1

    space = {"lr": (0.032, 0.064, 0.128), "strength": (4.0, 8.0)}

    @property
    def network(self) -> flax.linen.Module:
        return Correction(self.spec.width)

    def loss(self, params: Any, batch: Batch, key: jax.Array) -> jax.Array:
        x = interpolate(level(SCHEDULE, batch.time).columns(), batch.target, batch.start)
        asked = denoise_label(self.given, x, batch.time, batch.condition)
        unasked = denoise_any(self.given, x, batch.time)
        gone = batch.condition == FORBIDDEN
        aim = jnp.where(gone[:, None], unasked - self.strength * (asked - unasked), asked)
        error = ((corrected(self, params, x, batch.time, batch.condition) - aim) ** 2).sum(-1)
        return mean_where(error, gone) + mean_where(error, ~gone)

    def generate(self, state: State, start: jax.Array, label: jax.Array) -> jax.Array:
        return generate(lambda x, t: corrected(self, state.params, x, t, label), start)
