"""A trader that sees the last day's returns and the means of three windows, as traders' indicators have them.

**Source**: none; the control for Montazeri et al., "CNN-DRL for Scalable Actions in Finance", 2024,
https://arxiv.org/abs/2401.06179 (abstract). In FinRL a day's feature vector has technical indicators, such as moving
averages of 30 and of 60 days (from memory), so that an agent of one day knows of earlier ones.

    body = tanh(V tanh(W [last returns, means of 10, 30 and 60 days, held] + b) + c)

**Differs from the paper**: 1. means of returns stand for the indicators; they are multiplied by the root of the days,
so that noise has the same size in all. 2. two layers of 42 units; about 5,100 weights with the critic's, as its rivals.

**Shapes**: w days of the window, k assets.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.methods.trend_trading._ppo import Agent

HIDDEN = 42
DAYS = (1, 10, 30, 60)  # of the means


class Indicators(nn.Module):
    """Two layers over means of the last returns and what is held."""

    @nn.compact
    def __call__(self, window: jax.Array, held: jax.Array) -> jax.Array:
        means = [window[..., -days:, :].mean(-2) * days**0.5 for days in DAYS]
        seen = jnp.concatenate([*means, held], axis=-1)
        return nn.tanh(nn.Dense(HIDDEN)(nn.tanh(nn.Dense(HIDDEN)(seen))))


class MLPIndicators(Agent):
    """Sees a day that tells of earlier days."""

    paper = None  # type: ignore[assignment]  # a control of ours

    def body(self) -> type[nn.Module]:
        return Indicators
