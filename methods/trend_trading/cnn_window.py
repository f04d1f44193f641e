"""A trader that sees the window of returns through a convolution over days.

**Source**: Montazeri, Mirzaeinia, Jumakhan and Mirzaeinia, "CNN-DRL for Scalable Actions in Finance", 2024,
https://arxiv.org/abs/2401.06179. Only the abstract could be read, and others' summaries of the paper: the feature
vectors of the last ninety days are put together to a matrix for a convolutional agent, trained by PPO and by A2C in
FinRL. How many layers it has and of what sizes is not known.

    z_p = tanh(W [r_{5p}, ..., r_{5p + 9}] + b) for p = 0..10;   body = tanh(V [z_0, ..., z_10, held] + c)

**Differs from the paper**: 1. a window of 60 days of three returns instead of 90 days of a feature vector. 2. one
convolution of 8 filters, 10 days long, every 5 days, and one layer; sizes are ours, and one was tried; about 5,000
weights with the critic's, as its rivals. 3. it sees what it holds, too. 4. see `_ppo.py` for the algorithm; A2C isn't
run.

**Shapes**: w days of the window, k assets, p patches, f filters.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.methods.trend_trading._ppo import Agent

SPAN = 10  # days of a filter
STRIDE = 5  # days between patches
FILTERS = 8
HIDDEN = 24


class Convolution(nn.Module):
    """Filters over patches of days, then one layer over all of them and what is held."""

    @nn.compact
    def __call__(self, window: jax.Array, held: jax.Array) -> jax.Array:
        days = window.shape[-2]
        starts = range(0, days - SPAN + 1, STRIDE)
        patches = jnp.stack([window[..., start : start + SPAN, :] for start in starts], axis=-3)
        found = nn.tanh(nn.Dense(FILTERS)(patches.reshape(*patches.shape[:-2], -1)))
        flat = found.reshape(*found.shape[:-2], -1)
        return nn.tanh(nn.Dense(HIDDEN)(jnp.concatenate([flat, held], axis=-1)))


class CNNWindow(Agent):
    """Sees patterns of days wherever they are in the window."""

    def body(self) -> type[nn.Module]:
        return Convolution
