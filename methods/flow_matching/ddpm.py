"""Denoising diffusion: predict the noise in a point, then walk back down the noise levels.

**Source**: Ho, Jain and Abbeel, "Denoising Diffusion Probabilistic Models", 2020, https://arxiv.org/abs/2006.11239,
equation 14; Song, Meng and Ermon, "Denoising Diffusion Implicit Models", 2021, https://arxiv.org/abs/2010.02502,
equation 12; Nichol and Dhariwal, 2021, https://arxiv.org/abs/2102.09672, equation 17 (cosine); and the code that Ning
et al. (2023) release, `guided_diffusion/gaussian_diffusion.py`.

    |eps(alpha x1 + sigma eps, t) - eps|^2        alpha^2 + sigma^2 = 1

**Differs from the paper**: 1. continuous uniform times instead of 1,000. 2. denoised points are clipped to the square
that holds the data, as images are to [-1, 1]; `velocity` and likelihoods are not clipped. 3. the
cosine has no offset; its ways start at t = 0.01.

**Shapes**: b points of a batch, n points, s steps.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import diffusion
from toybench.methods.flow_matching._planar import (
    RATES,
    State,
    Trained,
    corrupt_along,
    diffusion_bound,
    field,
    flow_nats,
    initial_field,
    noise_loss,
    walk_back,
    walk_times,
    within,
)


class DDPM(Trained):
    """A noise predictor, sampled by DDIM, by ancestral sampling, or as a field."""

    schedule: str = "vp"  # vp: linear betas; cosine
    eta: int = 0  # 0: DDIM, no noise; 1: ancestral sampling
    solver: str = "ddim"  # ddim; velocity: Euler's steps along the probability flow
    width: int = 64  # of the three hidden layers
    likelihood: str = "flow"  # flow: exact, along the probability flow; bound: the variational one

    space = {"lr": RATES}

    def begin(self, key: jax.Array) -> Any:
        return initial_field(key, self.width)

    def noise(self, params: Any, x: jax.Array, t: jax.Array) -> jax.Array:
        """Predicted noise [n, 2]."""
        return field(self.width).apply(params, x, t)

    def velocity(self, params: Any, x: jax.Array, t: jax.Array) -> jax.Array:
        """Field of the probability flow [n, 2]."""
        return diffusion.velocity_from_noise(diffusion.level(self.schedule, t), x, self.noise(params, x, t))

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        return noise_loss(lambda x, t: self.noise(params, x, t), self.schedule, points, key)

    def generate(self, state: State, start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
        if self.solver == "velocity":
            return diffusion.euler(
                lambda x, t: self.velocity(state.params, x, t), start, walk_times(self.schedule, calls)
            )
        predict = within(lambda x, t: self.noise(state.params, x, t), self.schedule, self.spec.reach)
        return walk_back(predict, self.schedule, start, key, calls, self.eta)

    def corrupt(self, state: State, points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
        return corrupt_along(self.schedule, points, noise, walk_times(self.schedule, calls))

    def nats(self, state: State, x: jax.Array, key: jax.Array) -> jax.Array:
        if self.likelihood == "bound":
            return diffusion_bound(lambda y, t: self.noise(state.params, y, t), self.schedule, x, key)
        return flow_nats(lambda y, t: self.velocity(state.params, y, t), x)

    def is_bound(self, state: State) -> jax.Array:
        return jnp.asarray(float(self.likelihood == "bound"))
