"""Projection by diffusion: noise a damaged point part of the way, then walk back to the data.

**Source**: Meng, He, Song, Song, Wu, Zhu and Ermon, "SDEdit: Guided Image Synthesis and Editing with Stochastic
Differential Equations", 2022, https://arxiv.org/abs/2108.01073, algorithm 1: abstract only.

    x_t = alpha x + sigma eps at t = start,   then ancestral sampling to t = 1

**Differs from the paper**: 1. linear betas, 25 steps, and the network and training of `ddpm`.

**Shapes**: b points of a batch, n points, s steps.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import diffusion
from toybench.blocks.random import normals
from toybench.methods.flow_matching._planar import (
    State,
    Trained,
    field,
    initial_field,
    noise_loss,
    within,
)

STEPS = 25
PATH = "vp"


class SDEdit(Trained):
    """A noise predictor, used from the middle of the way."""

    start: float = 0.8  # where on the way from noise (0) to data (1) a point is put

    space = {"lr": (0.016, 0.032, 0.064), "start": (0.7, 0.8, 0.9)}

    def begin(self, key: jax.Array) -> Any:
        return initial_field(key)

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        return noise_loss(lambda x, t: field().apply(params, x, t), PATH, points, key)

    def project(self, state: State, x: jax.Array, key: jax.Array) -> jax.Array:
        drawn = normals(key, first=x.shape, fresh=(STEPS, *x.shape))
        noised = diffusion.interpolate(diffusion.level(PATH, jnp.asarray(self.start)), x, drawn["first"])
        predict = within(lambda y, t: field().apply(state.params, y, t), PATH, self.spec.reach)
        times = self.start + (1 - self.start) * jnp.linspace(0.0, 1.0, STEPS + 1)
        return diffusion.ddim(predict, noised, times, PATH, 1.0, drawn["fresh"])[-1]
