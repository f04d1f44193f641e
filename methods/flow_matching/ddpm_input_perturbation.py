"""Denoising diffusion trained on inputs with more noise than the target says.

**Source**: Ning, Sangineto, Porrello, Calderara and Cucchiara, "Input Perturbation Reduces Exposure Bias in Diffusion
Models", 2023, https://arxiv.org/abs/2301.11706, and the authors' code, `guided_diffusion/gaussian_diffusion.py`,
`training_losses` (DDPM-IP).

    y = alpha x1 + sigma (eps + gamma xi),        |eps(y, t) - eps|^2

**Differs from the paper**: 1. a network of three layers of 64, 2,000 steps, continuous times. 2. the variance of a step
is not learned. 3. denoised points are clipped to the square that holds the data.

**Shapes**: b points of a batch, n points, s steps.
"""

from typing import Any

import jax

from toybench.blocks import diffusion
from toybench.blocks.random import normals
from toybench.methods.flow_matching._planar import (
    DIMS,
    RATES,
    State,
    Trained,
    corrupt_along,
    field,
    initial_field,
    walk_back,
    walk_times,
    within,
)


class DDPMInputPerturbation(Trained):
    """A noise predictor for inputs that are noised once more."""

    gamma: float = 0.1  # standard deviation of the perturbation in units of the noise, 0 or more; the paper's 0.1
    schedule: str = "vp"  # vp: linear betas; cosine, the paper's
    eta: int = 0  # 0: DDIM; 1: ancestral sampling, the paper's

    paper = "ning2023input"
    space = {"lr": RATES}

    def begin(self, key: jax.Array) -> Any:
        return initial_field(key)

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        count = len(points)
        # the noise and the times of `ddpm` come first, and are the same for the same key
        drawn = normals(key, noise=(count, DIMS), time=(count,), extra=(count, DIMS))
        t = jax.scipy.stats.norm.cdf(drawn["time"])
        at = diffusion.level(self.schedule, t).columns()
        perturbed = drawn["noise"] + self.gamma * drawn["extra"]
        predicted = field().apply(params, diffusion.interpolate(at, points, perturbed), t)
        return ((predicted - drawn["noise"]) ** 2).sum(-1).mean()

    def generate(self, state: State, start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
        predict = within(lambda x, t: field().apply(state.params, x, t), self.schedule, self.spec.reach)
        return walk_back(predict, self.schedule, start, key, calls, self.eta)

    def corrupt(self, state: State, points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
        return corrupt_along(self.schedule, points, noise, walk_times(self.schedule, calls))
