"""Fine-tuning that lowers the error on kept labels and raises it on the forbidden one.

**Source**: Thudi et al., "Unrolling SGD: Understanding Factors Influencing Machine Unlearning", 2022,
https://arxiv.org/abs/2109.13398 (from memory), with a term for what is kept.

    loss = mean_kept |D(x_t, t, c) - x1|^2 - s mean_forbidden min(|D(x_t, t, c) - x1|^2, 4)

**Differs from the paper**: 1. the network corrects the exact model and starts at it. 2. the error of denoised points,
on the exact model's own samples. 3. ascent ends where the squared error is 4:
without a bound it diverges or does nothing.

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
from toybench.tasks.conditional_generation import FORBIDDEN, SCHEDULE, Batch

CEILING = 4.0  # squared error at which ascent ends: more than half of the distance between means


class GradientAscentUnlearning(Trained):
    """Descent on the kept labels, ascent on the forbidden one."""

    lr: float = 0.002  # Adam's learning rate, above 0; decays to 0 by a cosine
    strength: float = 0.1  # s of the ascent, above 0

    space = {"lr": (0.008, 0.016, 0.032), "strength": (1.0, 3.0)}

    @property
    def network(self) -> flax.linen.Module:
        return Correction(self.spec.width)

    def loss(self, params: Any, batch: Batch, key: jax.Array) -> jax.Array:
        x = interpolate(level(SCHEDULE, batch.time).columns(), batch.target, batch.start)
        error = ((corrected(self, params, x, batch.time, batch.condition) - batch.target) ** 2).sum(-1)
        gone = batch.condition == FORBIDDEN
        return mean_where(error, ~gone) - self.strength * mean_where(jnp.minimum(error, CEILING), gone)

    def generate(self, state: State, start: jax.Array, label: jax.Array) -> jax.Array:
        return generate(lambda x, t: corrected(self, state.params, x, t, label), start)
