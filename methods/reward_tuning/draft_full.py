"""Direct reward fine-tuning: the reward's gradient goes back through the whole sampler.

**Source**: Clark, Vicol, Swersky and Fleet, "Directly Fine-Tuning Diffusion Models on Differentiable Rewards", 2023,
https://arxiv.org/abs/2309.17400, abstract only; public re-implementations agree on the rest.

    x_0 = sampler(theta, x_T)        theta <- theta + lr d/dtheta mean r(x_0)

**Differs from the paper**: 1. the whole density is tuned instead of a low-rank change of a network's layers.
2. the reward has a price for the divergence from the pretrained density. 3. 20 DDIM steps instead of 50, Adam without
decay of the weights.

**Shapes**: b particles, l levels.
"""

import jax

from toybench.methods.reward_tuning._diffusion import RATES, LossTuner, ddim, sample_gain, times
from toybench.tasks.reward_tuning import Density, Noise


class DraftFull(LossTuner):
    """Backpropagation through all steps of the sampler."""

    paper = "clark2023directly"
    space = {"lr": RATES}

    def loss(self, params: Density, batch: Noise) -> jax.Array:
        x = ddim(params, self.spec.spread, batch.start, times(self.spec.levels))
        return -sample_gain(self.given, self.spec.spread, params, x).mean()
