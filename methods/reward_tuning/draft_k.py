"""Direct reward fine-tuning through the last K steps of the sampler only.

**Source**: Clark, Vicol, Swersky and Fleet, "Directly Fine-Tuning Diffusion Models on Differentiable Rewards", 2023,
https://arxiv.org/abs/2309.17400, abstract only; public re-implementations agree on the rest.

    x_K = sampler(theta, x_T), held fixed        x_0 = sampler(theta, x_K)
    theta <- theta + lr d/dtheta mean r(x_0)

**Differs from the paper**: 1. the whole density is tuned instead of a low-rank change of a network's layers.
2. the reward has a price for the divergence from the pretrained density. 3. 20 DDIM steps instead of 50, Adam without
decay of the weights.

**Shapes**: b particles, l levels.
"""

import jax

from toybench.methods.reward_tuning._diffusion import RATES, LossTuner, ddim, sample_gain, times
from toybench.tasks.reward_tuning import Density, Noise


class DraftK(LossTuner):
    """Backpropagation that stops `depth` steps before the sample."""

    depth: int = 5  # K, from 1 to the sampler's steps

    paper = "clark2023directly"
    space = {"lr": RATES}

    def loss(self, params: Density, batch: Noise) -> jax.Array:
        grid = times(self.spec.levels)
        cut = self.spec.levels - self.depth
        fixed = ddim(jax.lax.stop_gradient(params), self.spec.spread, batch.start, grid[: cut + 1])
        x = ddim(params, self.spec.spread, fixed, grid[cut:])
        return -sample_gain(self.given, self.spec.spread, params, x).mean()
