"""Direct reward fine-tuning through the last step of the sampler only.

**Source**: Clark, Vicol, Swersky and Fleet, "Directly Fine-Tuning Diffusion Models on Differentiable Rewards", 2023,
https://arxiv.org/abs/2309.17400, abstract only; public re-implementations agree on the rest.

    x_1 = sampler(theta, x_T), held fixed        theta <- theta + lr d/dtheta mean r(step(theta, x_1))

**Differs from the paper**: 1. the whole density is tuned instead of a low-rank change of a network's layers.
2. the reward has a price for the divergence from the pretrained density. 3. 20 DDIM steps instead of 50, Adam without
decay of the weights.

**Shapes**: b particles, l levels.
"""

import jax

from toybench.methods.reward_tuning._diffusion import RATES, LossTuner, ddim, ddim_step, sample_gain, times
from toybench.tasks.reward_tuning import Density, Noise


class DraftOne(LossTuner):
    """`draft_k` at a depth of 1: the cheapest gradient, and the least of the sampler that it sees."""

    paper = "clark2023directly"
    space = {"lr": RATES}

    def loss(self, params: Density, batch: Noise) -> jax.Array:
        grid = times(self.spec.levels)
        fixed = ddim(jax.lax.stop_gradient(params), self.spec.spread, batch.start, grid[:-1])
        x = ddim_step(params, self.spec.spread, fixed, grid[-2], grid[-1])
        return -sample_gain(self.given, self.spec.spread, params, x).mean()
