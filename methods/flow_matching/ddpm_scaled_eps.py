"""Denoising diffusion whose predicted noise is made smaller at sampling: no change of training.

**Source**: Ning, Li, Su, Salah and Onal Ertugrul, "Elucidating the Exposure Bias in Diffusion Models", 2024,
https://arxiv.org/abs/2308.15321 (epsilon scaling): abstract only.

    eps(x, t) <- scale eps(x, t)        scale < 1

**Differs from the paper**: 1. one scale for all steps. 2. otherwise as `ddpm` here; the scaled prediction is clipped.

**Shapes**: b points of a batch, n points, s steps.
"""

from typing import Any

import jax

from toybench.methods.flow_matching._planar import (
    State,
    Trained,
    corrupt_along,
    field,
    initial_field,
    noise_loss,
    walk_back,
    walk_times,
    within,
)


class DDPMScaledEps(Trained):
    """A noise predictor that is trusted a little less than it was trained to be."""

    scale: float = 0.94  # of the predicted noise, 0 to 1
    schedule: str = "vp"  # vp: linear betas; cosine
    eta: int = 0  # 0: DDIM; 1: ancestral sampling

    space = {"lr": (0.008, 0.016, 0.032), "scale": (0.92, 0.94, 0.96)}

    def begin(self, key: jax.Array) -> Any:
        return initial_field(key)

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        return noise_loss(lambda x, t: field().apply(params, x, t), self.schedule, points, key)

    def generate(self, state: State, start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
        scaled = lambda x, t: self.scale * field().apply(state.params, x, t)  # noqa: E731
        return walk_back(within(scaled, self.schedule, self.spec.reach), self.schedule, start, key, calls, self.eta)

    def corrupt(self, state: State, points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
        return corrupt_along(self.schedule, points, noise, walk_times(self.schedule, calls))
