"""A trader that sees the last day's returns alone.

**Source**: the baseline of Montazeri, Mirzaeinia, Jumakhan and Mirzaeinia, "CNN-DRL for Scalable Actions in Finance",
2024, https://arxiv.org/abs/2401.06179. Only the abstract could be read: the published agents are multilayer perceptrons
and don't adapt where a thousand shares may be traded. That they see one day's features is from others' summaries.

    body = tanh(V tanh(W [last returns, held] + b) + c)

**Differs from the paper**: 1. two layers of 46 units; about 5,200 weights with the critic's. 2. the last day's features
are its three returns; in FinRL there are technical indicators among them, which know of earlier days. 3. returns and
holdings are scaled; FinRL shows cash, prices and numbers of shares as they are.

**Shapes**: k assets.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.methods.trend_trading._ppo import Agent

HIDDEN = 46


class LastDay(nn.Module):
    """Two layers over the last returns and what is held."""

    @nn.compact
    def __call__(self, window: jax.Array, held: jax.Array) -> jax.Array:
        seen = jnp.concatenate([window[..., -1, :], held], axis=-1)
        return nn.tanh(nn.Dense(HIDDEN)(nn.tanh(nn.Dense(HIDDEN)(seen))))


class MLPLastDay(Agent):
    """Has no memory."""

    def body(self) -> type[nn.Module]:
        return LastDay
