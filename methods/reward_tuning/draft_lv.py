"""Direct reward fine-tuning through one step, with several noises for every sample: less variance.

**Source**: Clark, Vicol, Swersky and Fleet, "Directly Fine-Tuning Diffusion Models on Differentiable Rewards", 2023,
https://arxiv.org/abs/2309.17400, abstract only; public re-implementations agree on the rest, n = 2 included.

    x_0 = sampler(theta, x_T), held fixed        x_1^i = alpha_1 x_0 + sigma_1 noise^i, i = 1..n
    theta <- theta + lr d/dtheta mean_i r(step(theta, x_1^i))

**Differs from the paper**: 1. the whole density is tuned instead of a low-rank change of a network's layers.
2. the reward has a price for the divergence from the pretrained density. 3. 20 DDIM steps instead of 50, Adam without
decay of the weights. 4. b / n samples a step, so that it asks for as many rewards as the others.

**Shapes**: b particles, l levels, n noises.
"""

import jax
import jax.numpy as jnp

from toybench.methods.reward_tuning._diffusion import RATES, LossTuner, ddim, ddim_step, sample_gain, times
from toybench.tasks.reward_tuning import Density, Noise, noise_level


class DraftLV(LossTuner):
    """The last step's gradient, averaged over several ways to noise the sample."""

    noises: int = 2  # n, a divisor of the particles; the authors' value

    paper = "clark2023directly"
    space = {"lr": RATES}

    def loss(self, params: Density, batch: Noise) -> jax.Array:
        grid = times(self.spec.levels)
        chains = self.spec.particles // self.noises
        clean = ddim(jax.lax.stop_gradient(params), self.spec.spread, batch.start[:chains], grid)
        alpha, sigma = noise_level(grid[-2])
        again = alpha * jnp.tile(clean, (self.noises, 1)) + sigma * batch.levels[0]  # [b, 2]
        x = ddim_step(params, self.spec.spread, again, grid[-2], grid[-1])
        return -sample_gain(self.given, self.spec.spread, params, x).mean()
