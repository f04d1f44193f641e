"""Reward-weighted regression: denoise one's own samples, the better ones with more weight.

**Source**: Lee and others, "Aligning Text-to-Image Models using Human Feedback", 2023,
https://arxiv.org/abs/2302.12192, and Black and others, 2023, https://arxiv.org/abs/2305.13301, section 4.1 (RWR).

    w = softmax(r(x_0) / tau)
    loss = mean_t sum_i w_i |noise_hat(alpha_t x_0^i + sigma_t noise_t^i) - noise_t^i|^2

**Differs from the paper**: 1. the reward has a price for the divergence from the pretrained density, so that all
weights are equal at the best density. 2. every sample is shown once at every level of the sampler.

**Shapes**: b particles, l levels.
"""

import jax

from toybench.methods.reward_tuning._diffusion import LossTuner, ddim, sample_gain, times
from toybench.tasks.reward_tuning import Density, Noise, denoise, noise_level


class RewardWeighted(LossTuner):
    """Weighted denoising; the reward is asked for its values only."""

    tau: float = 0.3  # temperature of the weights, in units of the reward, above 0

    space = {"lr": (0.0125, 0.05, 0.2, 0.8), "tau": (0.1, 0.3, 1.0)}

    def loss(self, params: Density, batch: Noise) -> jax.Array:
        grid = times(self.spec.levels)
        x = jax.lax.stop_gradient(ddim(params, self.spec.spread, batch.start, grid))
        weight = jax.nn.softmax(sample_gain(self.given, self.spec.spread, params, x) / self.tau)

        def error(fraction: jax.Array, noise: jax.Array) -> jax.Array:
            alpha, sigma = noise_level(fraction)
            noisy = alpha * x + sigma * noise
            clean = denoise(params, self.spec.spread, noisy, alpha, sigma)
            return (((noisy - alpha * clean) / sigma - noise) ** 2).sum(-1)

        errors = jax.vmap(error)(grid[:-1], batch.levels)  # [l, b]
        return (errors @ jax.lax.stop_gradient(weight)).mean()
