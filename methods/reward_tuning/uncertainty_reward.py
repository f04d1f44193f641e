"""Ctrl-U: rewards count less where two denoisings of one example disagree about them.

**Source**: Zhang, Gao, Jiang, Zhao and Zheng, "Ctrl-U: Robust Conditional Image Generation via Uncertainty-aware Reward
Modeling", 2024, https://arxiv.org/abs/2410.11236, the authors' code (grenoble-zhang/Ctrl-U), `train/ctrlu-depth.py`.

    U = |R(x_hat(x_t)) - R(x_hat(x_t'))|, t' = t + gap, the same noise
    loss = |noise_hat - noise|^2 + weight |R(x_hat(x_t)) - c|^2 exp(-U) [t <= 400] + 0.1 U [t <= 400]

**Differs from the paper**: 1. one condition c a world; the data are the pretraining law's, not images that fulfil it.
2. the generator is a mixture, R a regression of two features. 3. no warm-up of the weight. 4. `gap` is a field; the
authors' is 1 of 1000 levels.

**Shapes**: b examples.
"""

import jax
import jax.numpy as jnp

from toybench.methods.reward_tuning._alignment import Aligner, State, denoise_once, feature_loss, rewarded_mean
from toybench.tasks.reward_tuning import Density, Examples, predict_features

DOUBT = 0.1  # weight of the uncertainty itself; the authors' for depth


class UncertaintyReward(Aligner):
    """Denoising, and the model's reward where it is certain."""

    gap: int = 1  # levels between the two denoisings, 0 to 1000; the authors' value

    paper = "zhang2024ctrlu"
    space = {"lr": (0.01, 0.02, 0.04, 0.08), "weight": (3.0, 10.0, 30.0)}

    def loss(self, params: Density, batch: Examples) -> jax.Array:
        later = jnp.minimum(batch.level + self.gap, self.spec.levels - 1)
        one = denoise_once(params, self.spec, batch, batch.level)
        two = denoise_once(params, self.spec, batch, later)
        doubt = self.disagreement(one.clean, two.clean)
        reward = (feature_loss(self.given, one.clean) * jnp.exp(-doubt)).mean(-1)
        denoising = (one.error.mean() + two.error.mean()) / 2
        return (
            denoising
            + self.weight * rewarded_mean(reward, batch.level)
            + DOUBT * rewarded_mean(doubt.mean(-1), batch.level)
        )

    def disagreement(self, one: jax.Array, two: jax.Array) -> jax.Array:
        """|R(one) - R(two)| of points [b, 2] and [b, 2]: [b, 2]."""
        return jnp.abs(predict_features(self.given.model, one) - predict_features(self.given.model, two))

    def uncertainty(self, state: State, x: jax.Array, noise: jax.Array, level: jax.Array) -> jax.Array:
        example = Examples(data=x, noise=noise, level=level)
        later = jnp.minimum(level + self.gap, self.spec.levels - 1)
        one = denoise_once(state.params, self.spec, example, level)
        two = denoise_once(state.params, self.spec, example, later)
        return self.disagreement(one.clean, two.clean).sum(-1)
